/** A seeded stream of numbers, evenly spread in [0, 1). */
export type Random = () => number

/**
 * A small seeded generator (mulberry32): four bytes of state, so every user can have its own stream.
 * Streams of the same seed and different `stream` numbers are decorrelated by hashing both together.
 */
export function seededRandom(seed: number, stream = 0): Random {
  let state = mix(mix(seed >>> 0) ^ Math.imul(stream + 1, 0x9e3779b1))
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** A bijection of 32-bit integers that looks like chance. */
export function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97)
  return (x ^ (x >>> 15)) | 0
}

/** A standard normal number from two even ones (Box and Muller, 1958). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
