/** Names of variables that are not taken yet. */
import { RESERVED } from '../typescript.ts'

/** Names that the written file uses itself. */
const TAKEN =
  'scenario check given options fail found secret unescaped http state cookies think random process readFileSync Buffer FormData Blob JSON String Number encodeURIComponent decodeURIComponent notTranslated randomUUID Date Math URL undefined NaN Infinity set variables'.split(
    ' ',
  )

export class Names {
  readonly #taken = new Set<string>(TAKEN)

  /** A name made of these words, with a number where it is taken. */
  take(words: string, otherwise: string): string {
    const base = camelCase(words) || otherwise
    let name = base
    for (let n = 2; this.#taken.has(name) || RESERVED.has(name); n++) name = `${base}${n}`
    this.#taken.add(name)
    return name
  }
}

const MOST_CHARACTERS = 40

function camelCase(words: string): string {
  const [first = '', ...more] = words
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '')
  const joined = [
    /[a-z]/.test(first) ? first[0]!.toLowerCase() + first.slice(1) : first.toLowerCase(),
    ...more.map(
      (word) => word[0]!.toUpperCase() + (/[a-z]/.test(word) ? word.slice(1) : word.slice(1).toLowerCase()),
    ),
  ].join('')
  const name = joined.slice(0, MOST_CHARACTERS)
  return /^\d/.test(name) ? `_${name}` : name
}

/** Variables that a shell or Node.js itself has. */
const OF_THE_SYSTEM =
  /^(?:PWD|OLDPWD|PATH|HOME|USER|USERNAME|LOGNAME|SHELL|TERM|HOST|HOSTNAME|LANG|EDITOR|TMPDIR|NODE_.*|NPM_.*|CORERUSH_.*)$/

/** The name of a variable of the environment, such as `USER_PASSWORD` for `user[password]`. */
export function environmentName(words: string): string {
  const name = words
    .replace(/(?<=[a-z\d])(?=[A-Z])/g, '_')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .toUpperCase()
  if (name === '') return 'SECRET'
  return OF_THE_SYSTEM.test(name) || /^\d/.test(name) ? `SECRET_${name}` : name
}
