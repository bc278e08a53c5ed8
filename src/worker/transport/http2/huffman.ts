/** The Huffman code of header compression, decoded (RFC 7541, appendix B). */

const EOS = 256

/**
 * The symbols by the length of their code, in bits. The code is canonical: codes of one length follow each other in the
 * order of their symbols, after those of the length before.
 */
const SYMBOLS_BY_LENGTH: readonly (readonly [bits: number, symbols: readonly number[]])[] = [
  [5, chars('012aceiost')],
  [6, chars(' %-./3456789=A_bdfghlmnpru')],
  [7, chars(':BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz')],
  [8, chars('&*,;XZ')],
  [10, chars('!"()?')],
  [11, chars("'+|")],
  [12, chars('#>')],
  [13, chars('\0$@[]~')],
  [14, chars('^}')],
  [15, chars('<`{')],
  [19, [92, 195, 208]],
  [20, [128, 130, 131, 162, 184, 194, 224, 226]],
  [21, [153, 161, 167, 172, 176, 177, 179, 209, 216, 217, 227, 229, 230]],
  [
    22,
    [
      129, 132, 133, 134, 136, 146, 154, 156, 160, 163, 164, 169, 170, 173, 178, 181, 185, 186, 187, 189, 190,
      196, 198, 228, 232, 233,
    ],
  ],
  [
    23,
    [
      1, 135, 137, 138, 139, 140, 141, 143, 147, 149, 150, 151, 152, 155, 157, 158, 165, 166, 168, 174, 175,
      180, 182, 183, 188, 191, 197, 231, 239,
    ],
  ],
  [24, [9, 142, 144, 145, 148, 159, 171, 206, 215, 225, 236, 237]],
  [25, [199, 207, 234, 235]],
  [26, [192, 193, 200, 201, 202, 205, 210, 213, 218, 219, 238, 240, 242, 243, 255]],
  [27, [203, 204, 211, 212, 214, 221, 222, 223, 241, 244, 245, 246, 247, 248, 250, 251, 252, 253, 254]],
  [
    28,
    [
      2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24, 25, 26, 27, 28, 29, 30, 31, 127,
      220, 249,
    ],
  ],
  [30, [10, 13, 22, EOS]],
]

function chars(text: string): readonly number[] {
  return Array.from(text, (char) => char.charCodeAt(0))
}

/**
 * The code as a tree: node n has its two children at 2n and 2n + 1. A child is the number of a node, or −1 − s for the
 * symbol s; 0 for none.
 */
const TREE = treeOf(SYMBOLS_BY_LENGTH)

function treeOf(symbols: typeof SYMBOLS_BY_LENGTH): Int16Array {
  const tree = new Int16Array(2 * 257)
  let nodes = 1
  let code = 0
  let length = 0
  for (const [bits, ofLength] of symbols) {
    code *= 2 ** (bits - length)
    length = bits
    for (const symbol of ofLength) {
      let node = 0
      for (let bit = bits - 1; bit > 0; bit--) {
        const at = 2 * node + (Math.floor(code / 2 ** bit) % 2)
        if (tree[at] === 0) tree[at] = nodes++
        node = tree[at]!
      }
      tree[2 * node + (code % 2)] = -1 - symbol
      code++
    }
  }
  return tree
}

/**
 * Decodes to Latin-1. `null` where the code is broken: the symbol for the end of the text within it, or padding that
 * is longer than 7 bits or not all ones (RFC 7541, 5.2).
 */
export function decodeHuffman(bytes: Uint8Array, from: number, to: number): string | null {
  let text = ''
  let node = 0
  /** Bits since the last symbol, and whether all of them were 1. */
  let bits = 0
  let isOnes = true
  for (let at = from; at < to; at++) {
    for (let bit = 7; bit >= 0; bit--) {
      const one = (bytes[at]! >> bit) & 1
      const next = TREE[2 * node + one]!
      bits++
      if (one === 0) isOnes = false
      if (next >= 0) {
        node = next
        continue
      }
      if (next === -1 - EOS) return null
      text += String.fromCharCode(-1 - next)
      node = bits = 0
      isOnes = true
    }
  }
  return bits <= 7 && isOnes ? text : null
}
