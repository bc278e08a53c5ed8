/** Reads a targets file: its requests, and the bodies that lie beside it. */
import { readFileSync } from 'node:fs'
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
import { readYaml } from './yaml.ts'

/** Reports have all of them. */
const MOST_TARGETS = 10_000

/** The requests of the file; what is wrong in it is added to the problems, with its lines. */
export function readTargetsFile(path: string, problems: Problem[]): WrittenTarget[] {
  const file = shown(path)
  const wrong = (message: string, place?: string): void =>
    void problems.push({ option: 'targets', message, ...(place === undefined ? {} : { place }) })
  let text: string
  try {
    text = readFileSync(path, 'utf8').replace(/^\ufeff/, '')
  } catch (error) {
    wrong(`names a file that cannot be read: ${messageOf(error)}`)
    return []
  }
  const read = text.trimStart().startsWith('[') ? listed(text, file) : inLines(text)
  if (read.length === 0) wrong(`must have a request, and ${file} has none`)
  if (read.length > MOST_TARGETS) wrong(`must have at most ${MOST_TARGETS} requests, and ${file} has more`)
  return read.flatMap(({ line, words }): WrittenTarget[] => {
    const place = `${file}:${line}`
    if ('problems' in words) {
      for (const problem of words.problems) wrong(problem, place)
      return []
    }
    try {
      return [{ ...words, place, body: bodyOf(words.body, path) }]
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
  text.split('\n').flatMap((whole, i) => {
    const line = whole.trim()
    return line === '' || line.startsWith('#') ? [] : [{ line: i + 1, words: parseTargetLine(line) }]
  })

function listed(text: string, file: string): Read[] {
  const { value, lineOf } = readYaml(text, file, true)
  return (value as unknown[]).map((one, i) => ({ line: lineOf([i]) ?? 1, words: readTarget(one) }))
}

const bodyOf = (body: string | null, path: string): WrittenTarget['body'] =>
  body?.startsWith('@') === true ? readFileSync(resolve(dirname(path), body.slice(1))) : body
