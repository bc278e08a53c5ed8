/**
 * A shuffled order of any number of things that takes no memory: where the i-th of them is, is computed. A Feistel network
 * makes a bijection of numbers with an even number of bits out of any function; what falls outside of the things there
 * are is put through again (M. Luby and C. Rackoff, "How to construct pseudorandom permutations", SIAM J. Comput. 17,
 * 1988; J. Black and P. Rogaway, "Ciphers with arbitrary finite domains", CT-RSA 2002).
 */
const ROUNDS = 4

/** The place, among `n`, of the `i`-th in the order that this seed means. */
export function shuffled(i: number, n: number, seed: number): number {
  const halfBits = Math.max(1, Math.ceil(Math.log2(n) / 2))
  const mask = 2 ** halfBits - 1
  let at = i
  do {
    let left = Math.floor(at / 2 ** halfBits)
    let right = at & mask
    for (let round = 0; round < ROUNDS; round++)
      [left, right] = [right, left ^ (mixed(right + Math.imul(round + 1, 0x9e3779b9), seed) & mask)]
    at = left * 2 ** halfBits + right
  } while (at >= n)
  return at
}

/** 32 bits of which each depends on all of both. */
function mixed(value: number, seed: number): number {
  let hash = Math.imul(value ^ seed ^ (value >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
