/** The bytes that names and values of headers may have, and how large a head may be. */
const TAB = 9
const SPACE = 32

/** Names and values of the fields of one head, together; the limit of Node, too. */
export const MOST_HEAD_BYTES = 16_384

/** No body is so long: what is as long or longer does not fit 64 bits. Lengths beyond 2^53 are counted inexactly. */
export const BEYOND_LENGTHS = 2 ** 64

/** For each byte that may be in a name: the byte, in lower case. 0 for all others. */
export const TOKEN = new Uint8Array(256)
for (const char of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")
  TOKEN[char.charCodeAt(0)] = char.charCodeAt(0)
for (let letter = 65; letter <= 90; letter++) TOKEN[letter] = letter + 32

/** 1 for bytes that may be in a value. */
export const TEXT = new Uint8Array(256).fill(1, SPACE)
TEXT[TAB] = 1
TEXT[127] = 0
