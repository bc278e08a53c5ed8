/** Places in the code of a bundled scenario, as places in the files that it was made of. */
import { SourceMap } from 'node:module'
import { resolve } from 'node:path'
import type { PackedTally } from '../core/measure/tally.ts'
import { shown } from '../scenario/file.ts'

/** What may be a path: looked at by itself, so that a long text takes linear time. */
const WORD = /[^\s()'"]+/g
/** The end of the path of the file that an agent keeps the code in, with a line of it; see `codeFile`. */
const IN_BUNDLE = /(?:[\da-f]{64}\.code|corerush-code-\w+)[/\\][\w.-]+\.mjs(?::(\d+)(?::\d+)?)?/

type TaskError = PackedTally['taskErrors'][number]

export interface BundleMap {
  /** The lines of the code. */
  readonly text: string
  /** A source map (ECMA-426) as JSON, whose sources are relative to the working directory. */
  readonly map: string
}

export class BundlePlaces {
  readonly #file: string
  readonly #map: SourceMap
  readonly #lines: readonly string[]

  /** `file` is the scenario file. */
  constructor(file: string, { text, map }: BundleMap) {
    this.#file = shown(file)
    this.#map = new SourceMap(JSON.parse(map) as ConstructorParameters<typeof SourceMap>[0])
    this.#lines = text.split('\n')
  }

  /** The text with the user's files in place of the bundle. */
  text(text: string): string {
    return text.replaceAll(WORD, (word) => {
      const found = IN_BUNDLE.exec(word)
      if (found === null) return word
      const [path, line] = found
      const place =
        line === undefined ? this.#file : (this.#placeOf(Number(line)) ?? `${this.#file} (bundled)`)
      return place + word.slice(found.index + path.length)
    })
  }

  /** The tally with the user's files in the errors of tasks. */
  tally(tally: PackedTally): PackedTally {
    const { taskErrors } = tally
    return taskErrors.length === 0
      ? tally
      : { ...tally, taskErrors: taskErrors.map((error) => this.#error(error)) }
  }

  /** As on one host, the place is one of the scenario file, wherever it was that it called. */
  #error(error: TaskError): TaskError {
    const { place, trace } = error
    if (trace === undefined) return { ...error, place: place === null ? null : this.text(place) }
    const calls = this.text(trace)
      .split('\n')
      .filter((call) => !/[/\\]node_modules[/\\]/.test(call))
    const own = calls.map((call) => this.#ownPlace(call)).find((one) => one !== null)
    return { ...error, place: own ?? (place === null ? null : this.text(place)), trace: calls.join('\n') }
  }

  #ownPlace(call: string): string | null {
    const at = call.indexOf(`${this.#file}:`)
    return at < 0 ? null : (/^[^:]*:\d+/.exec(call.slice(at))?.[0] ?? null)
  }

  /** `shop.ts:12`; `null` if the line is of no file. */
  #placeOf(line: number): string | null {
    const column = this.#lines[line - 1]?.search(/\S/) ?? -1
    if (column < 0) return null
    const entry = this.#map.findEntry(line - 1, column)
    if (!('originalSource' in entry) || entry.generatedLine !== line - 1) return null
    return `${shown(resolve(entry.originalSource))}:${entry.originalLine + 1}`
  }
}
