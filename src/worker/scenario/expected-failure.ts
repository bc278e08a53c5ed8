/** Failures that a task expects: the way of its request to succeed is that no complete response comes. */
import { OUTCOMES, type Outcome } from '../../core/request/outcome.ts'
import { didYouMean } from '../../core/suggest.ts'
import { described } from '../../scenario/value.ts'

/** Outcomes of requests that never had a complete response. */
const FAILURES: readonly Outcome[] = OUTCOMES.filter((one) => one.includes('.') && one !== 'body.too-large')
const ALL: ReadonlySet<string> = new Set(FAILURES)

const WORDS = [...new Set(FAILURES.flatMap((one) => [one, ...one.split('.')]))]

const known = new Map<string, ReadonlySet<string>>()

/** Reads `expectFailure`: `true` is every failure, `connect.refused,timeout` these; `null` if none is expected. */
export function expectedFailures(given: unknown): ReadonlySet<string> | null {
  if (given === undefined || given === false) return null
  if (given === true) return ALL
  if (typeof given !== 'string')
    throw new TypeError(
      `expectFailure must be true or outcomes such as connect.refused, got ${described(given)}`,
    )
  let read = known.get(given)
  if (read === undefined)
    known.set(given, (read = new Set(given.split(',').flatMap((one) => matching(one.trim())))))
  return read
}

/** An outcome, all of a phase (`connect`), or all of a reason (`timeout`). */
function matching(word: string): readonly Outcome[] {
  const found = FAILURES.filter((one) => one === word || one.split('.').includes(word))
  if (found.length === 0)
    throw new TypeError(
      `expectFailure must name outcomes such as connect.refused, a phase or a reason such as timeout, got ${described(word)}${didYouMean(word, WORDS)}`,
    )
  return found
}
