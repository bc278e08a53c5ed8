/** A worker's part of a feeder: which row is next, and what is in it. */
import { rowNumber, type FeederPlan } from '../../core/scenario/row-source.ts'
import type { Share } from '../../core/share.ts'
import type { Feeder } from '../../scenario/feeder.ts'
import type { FeederRows } from '../../protocol.ts'

export class Feed {
  readonly plan: FeederPlan
  readonly #rows: FeederRows
  readonly #text: Buffer
  readonly #ends: Float64Array
  readonly #share: Share
  readonly #seed: number
  #taken = 0

  constructor(plan: FeederPlan, rows: FeederRows, share: Share, seed: number) {
    this.plan = plan
    this.#rows = rows
    this.#text = Buffer.from(rows.text)
    this.#ends = new Float64Array(rows.ends)
    this.#share = share
    this.#seed = seed
  }

  /** How many rows there are in the whole run. */
  get rows(): number {
    return this.#ends.length
  }

  /** The next row, or `null` if all are taken. */
  take(random: () => number): { readonly row: unknown } | null {
    const number = rowNumber(this.plan, this.#ends.length, this.#taken, this.#share, {
      seed: this.#seed,
      random,
    })
    if (number === null) return null
    this.#taken++
    return { row: this.#read(number) }
  }

  /** Rows stay as bytes that all workers share, and become values when they are taken. */
  #read(number: number): unknown {
    const from = number === 0 ? 0 : this.#ends[number - 1]!
    const value = JSON.parse(this.#text.toString('utf8', from, this.#ends[number])) as unknown
    const { columns } = this.#rows
    if (columns === null) return value
    return Object.fromEntries((value as string[]).map((cell, i) => [columns[i]!, cell]))
  }
}

/** The feeders that the file made in this thread, with the rows that were read of them. */
export function feedsOf(
  feeders: readonly Feeder<unknown>[],
  plans: readonly FeederPlan[],
  rows: readonly FeederRows[],
  share: Share,
  seed: number,
): ReadonlyMap<Feeder<unknown>, Feed> {
  if (feeders.length !== rows.length)
    throw new Error('the scenario file does not make the same feeders each time it is loaded')
  return new Map(feeders.map((feeder, i) => [feeder, new Feed(plans[i]!, rows[i]!, share, seed + i)]))
}
