/** Reads a targets file: its requests, and the bodies that lie beside it. */
import { dirname, resolve } from 'node:path'
import type { Problem } from '../../core/options/problem.ts'
import {
  parseTargetLine,
  readTarget,
  type TargetWords,
  type WrittenTarget,
} from '../../core/resolve/request/targets-file.ts'
import { messageOf } from '../../errors.ts'
import { shown } from '../../scenario/file.ts'
import { MOST_BODY_BYTES } from '../../core/request/request.ts'
import { readBytes, textOf } from './text-file.ts'
import { readYaml } from './yaml.ts'

const MOST_FILE_BYTES = 64_000_000

/** Reports have all of them. */
const MOST_TARGETS = 10_000

/** The requests of the file; what is wrong in it is added to the problems, with its lines. */
export function readTargetsFile(path: string, problems: Problem[]): WrittenTarget[] {
  const file = shown(path)
  const wrong = (message: string, place?: string): void =>
    void problems.push({ option: 'targets', message, ...(place === undefined ? {} : { place }) })
  let text: string
  try {
    text = textOf(readBytes(path, MOST_FILE_BYTES))
  } catch (error) {
    wrong(`names a file that cannot be read: ${messageOf(error)}`)
    return []
  }
  const read = text.trimStart().startsWith('[') ? listed(text, file) : inLines(text)
  if (read.length === 0) wrong(`must have a request, and ${file} has none`)
  if (read.length > MOST_TARGETS) wrong(`must have at most ${MOST_TARGETS} requests, and ${file} has more`)
  const bodies = new Bodies(path)
  return read.flatMap(({ line, words }): WrittenTarget[] => {
    const place = `${file}:${line}`
    if ('problems' in words) {
      for (const problem of words.problems) wrong(problem, place)
      return []
    }
    try {
      return [{ ...words, place, body: bodies.of(words.body) }]
    } catch (error) {
      wrong(`body names a file that cannot be read: ${messageOf(error)}`, place)
      return []
    }
  })
}

interface Read {
  readonly line: number
  readonly words: TargetWords | { readonly problems: readonly string[] }
}

/** Empty lines and those that begin with `#` are none. */
const inLines = (text: string): Read[] =>
  text.split(/\r\n|[\n\r]/).flatMap((whole, i) => {
    const line = whole.trim()
    return line === '' || line.startsWith('#') ? [] : [{ line: i + 1, words: parseTargetLine(line) }]
  })

function listed(text: string, file: string): Read[] {
  const { value, lineOf } = readYaml(text, file, true)
  return (value as unknown[]).map((one, i) => ({ line: lineOf([i]) ?? 1, words: readTarget(one) }))
}

/** The files of bodies, each read once; all together have no more than one body may have. */
class Bodies {
  readonly #folder: string
  readonly #read = new Map<string, Buffer>()
  #left = MOST_BODY_BYTES

  constructor(path: string) {
    this.#folder = dirname(path)
  }

  of(body: string | null): WrittenTarget['body'] {
    if (body?.startsWith('@') !== true) return body
    const path = resolve(this.#folder, body.slice(1))
    const known = this.#read.get(path)
    if (known !== undefined) return known
    const bytes = readBytes(path, this.#left)
    this.#left -= bytes.length
    this.#read.set(path, bytes)
    return bytes
  }
}
