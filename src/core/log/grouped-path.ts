/** Paths that differ in an id are one: `/users/7/photos` and `/users/8/photos` are `/users/[id]/photos`. */

const IDS = [
  /^\d+$/,
  /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i,
  // Hashes, and other random texts: long, with letters and digits.
  /^(?=.*\d)[\da-f]{12,}$/i,
  /^(?=.*\d)(?=.*[a-z])[\w-]{20,}$/i,
]

/** The path without its query, and with `[id]` in place of numbers, UUIDs and hashes. */
export const groupedPath = (path: string): string =>
  path
    .replace(/\?.*$/s, '')
    .split('/')
    .map((segment) => {
      const [, plain = segment, ending = ''] = /^(.+?)((?:\.[a-z]{1,4}){0,2})$/is.exec(segment) ?? []
      return IDS.some((pattern) => pattern.test(plain)) ? `[id]${ending}` : segment
    })
    .join('/')
