/**
 * Wrong tokens by the address that sent them. An address may send a few, and then one at a time: guessing is slow, however
 * many connections it uses. Time is passed in.
 */
import { isIPv6 } from 'node:net'

/** Wrong tokens that an address may send at once. */
export const MOST_AT_ONCE = 10
/** Time after which an address may send one more. */
export const ONE_MORE_MS = 10_000
/** Addresses that are kept apart; all others count as one. */
const MOST_ADDRESSES = 1000

export class Attempts {
  /** By address: when it will have regained all its attempts. */
  readonly #fullAtMs = new Map<string, number>()

  /** The time in ms until this address may send a token again; 0 if it may. */
  waitMs(address: string, nowMs: number): number {
    const fullInMs = (this.#fullAtMs.get(this.#keyOf(address)) ?? 0) - nowMs
    return Math.max(0, fullInMs - (MOST_AT_ONCE - 1) * ONE_MORE_MS)
  }

  /** Counts a wrong token. */
  failed(address: string, nowMs: number): void {
    this.#forget(nowMs)
    const key = this.#keyOf(address)
    this.#fullAtMs.set(key, Math.max(this.#fullAtMs.get(key) ?? 0, nowMs) + ONE_MORE_MS)
  }

  /** The addresses that have not regained all their attempts. */
  get size(): number {
    return this.#fullAtMs.size
  }

  #keyOf(address: string): string {
    const key = networkOf(address)
    return this.#fullAtMs.has(key) || this.#fullAtMs.size < MOST_ADDRESSES ? key : 'others'
  }

  #forget(nowMs: number): void {
    for (const [key, atMs] of this.#fullAtMs) if (atMs <= nowMs) this.#fullAtMs.delete(key)
  }
}

/** An IPv4 address, or the 64 bits of an IPv6 network, in which one host can have any address. */
function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped !== null) return mapped[1]!
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.replace(/%.*$/, '').split('::')
  const groups = head === '' ? [] : head.split(':')
  const rest = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array<string>(tail === undefined ? 0 : Math.max(0, 8 - groups.length - rest.length)).fill('0')
  return [...groups, ...zeros, ...rest].slice(0, 4).join(':')
}
