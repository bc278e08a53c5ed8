/**
 * The addresses of host names, looked up once for all connections of a worker: every look-up takes one of the four
 * threads that the whole process has for them, so hundreds of users must not ask for the same name.
 */
import { lookup } from 'node:dns'
import { ipFamily } from '../../core/request/route.ts'

export type Family = 4 | 6

/** The result of a lookup, until the name is looked up again. */
export interface Known {
  /** By family, the platform's preferred one first; within a family sorted, so that all workers have the same order. */
  readonly families: readonly (readonly [Family, readonly string[]])[]
  readonly expiresUs: number
  /** The family over which a connection stood first, where there are two: it is the only one from then on. */
  proven: Family | null
}

/** Called once, with the addresses or the error. */
export type Waiter = (error: Error | null, known: Known | null) => void

/** Calls back once with all addresses of a name. */
export type LookUp = (
  host: string,
  callback: (error: Error | null, addresses: readonly string[]) => void,
) => void

const systemLookUp: LookUp = (host, callback) => {
  lookup(host, { all: true, verbatim: true }, (error, found) =>
    callback(error, error === null ? found.map(({ address }) => address) : []),
  )
}

export class Addresses {
  readonly #ttlUs: number
  readonly #nowUs: () => number
  readonly #lookUp: LookUp
  readonly #known = new Map<string, Known>()
  readonly #waiting = new Map<string, Set<Waiter>>()
  readonly #seen = new Map<string, Set<string>>()

  constructor(ttlS: number | null, nowUs: () => number, lookUp: LookUp = systemLookUp) {
    this.#ttlUs = ttlS === null ? Infinity : ttlS * 1e6
    this.#nowUs = nowUs
    this.#lookUp = lookUp
  }

  /** What needs no look-up: an address, or a name that was looked up and still holds. */
  known(host: string): Known | null {
    const known = this.#known.get(host)
    if (known !== undefined && this.#nowUs() < known.expiresUs) return known
    const family = ipFamily(host)
    return family === null ? null : { families: [[family, [host]]], expiresUs: Infinity, proven: family }
  }

  /** Waits for the look-up that is under way, or begins one. The result can be given up. */
  find(host: string, waiter: Waiter): () => void {
    let waiting = this.#waiting.get(host)
    if (waiting === undefined) {
      this.#waiting.set(host, (waiting = new Set()))
      this.#lookUp(host, (error, addresses) => this.#found(host, error, addresses))
    }
    waiting.add(waiter)
    return () => void waiting.delete(waiter)
  }

  /** Every name that was looked up, with all addresses that were found. */
  get seen(): Readonly<Record<string, readonly string[]>> {
    return Object.fromEntries([...this.#seen].map(([host, addresses]) => [host, [...addresses].sort()]))
  }

  #found(host: string, error: Error | null, addresses: readonly string[]): void {
    const waiting = this.#waiting.get(host)!
    this.#waiting.delete(host)
    let known: Known | null = null
    if (error === null) {
      const families = byFamily(addresses)
      known = {
        families,
        expiresUs: this.#nowUs() + this.#ttlUs,
        proven: families.length === 1 ? families[0]![0] : null,
      }
      this.#known.set(host, known)
      const seen = this.#seen.get(host) ?? new Set<string>()
      for (const address of addresses) seen.add(address)
      this.#seen.set(host, seen)
    }
    for (const waiter of waiting) waiter(error, known)
  }
}

function byFamily(addresses: readonly string[]): [Family, string[]][] {
  const families = new Map<Family, string[]>()
  for (const address of new Set(addresses)) {
    const family = ipFamily(address) ?? 4
    const same = families.get(family)
    if (same === undefined) families.set(family, [address])
    else same.push(address)
  }
  return [...families].map(([family, same]) => [family, same.sort()])
}

/**
 * The addresses for a user: its turn of the family that has proven to work, or of each family, the second one in case
 * that the first does not answer. Empty when there is none of the wanted family.
 */
export function turnOf({ families, proven }: Known, user: number, wanted: Family | null): string[] {
  const only = wanted ?? proven
  return families
    .filter(([family]) => only === null || family === only)
    .map(([, addresses]) => addresses[user % addresses.length]!)
}
