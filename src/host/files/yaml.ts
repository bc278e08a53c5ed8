/** YAML, and JSON, which YAML knows how to read, with the line of each value. The only importer of yaml. */
import { createRequire } from 'node:module'
import type { Document, Pair, Range, YAMLMap } from 'yaml'
import type { ConfigTree } from '../../core/config/config-layers.ts'
import { CorerushError, messageOf } from '../../errors.ts'
import { codeFrame } from '../../scenario/file.ts'

const load = createRequire(import.meta.url)
/** Loaded when it is needed: its 72 modules take longer than all else of most commands. */
const yaml = (): typeof import('yaml') => load('yaml') as typeof import('yaml')

/** The number of errors reported for a file; most of them follow from the first. */
const MOST_ERRORS = 3

interface Fault {
  readonly pos: readonly [from: number, to: number]
  readonly message: string
}

/**
 * The value of a text; throws a CorerushError with the lines at fault. With `keepsNumbers`, a number that reads otherwise
 * when it is written again, such as `1.10` or `0x1F`, is the text that it was.
 */
export function readYaml(
  text: string,
  name: string,
  isJson: boolean,
  keepsNumbers = false,
): Pick<ConfigTree, 'value' | 'lineOf'> {
  const lines = new (yaml().LineCounter)()
  const document = yaml().parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    schema: isJson ? 'json' : 'core',
    // It compares each key with each other one.
    uniqueKeys: false,
  })
  const faults: Fault[] = [...document.errors, ...document.warnings, ...repeatedKeys(document)]
  if (keepsNumbers) keepNumbers(document)
  if (faults.length > 0)
    throw new CorerushError(
      'CORERUSH_CONFIG',
      faults
        .slice(0, MOST_ERRORS)
        .map(({ pos: [at], message }) => {
          const { line, col } = lines.linePos(at)
          return `${name}:${line}:${col}: ${message}\n${codeFrame(text, line, col)}`
        })
        .join('\n'),
    )
  const lineAt = (at: number): number => lines.linePos(at).line
  const pairs = new PairsByKey()
  return { value: valueOf(document, name), lineOf: (path) => lineOf(document, path, pairs, lineAt) }
}

function repeatedKeys(document: Document): Fault[] {
  const faults: Fault[] = []
  yaml().visit(document, {
    Map(_, { items }) {
      const keys = new Set<unknown>()
      for (const { key } of items) {
        if (!yaml().isScalar(key) || !key.range) continue
        if (keys.has(key.value))
          faults.push({ pos: [key.range[0], key.range[1]], message: 'Map keys must be unique' })
        keys.add(key.value)
      }
    },
  })
  return faults
}

function keepNumbers(document: Document): void {
  yaml().visit(document, {
    Scalar(_, node) {
      const { value, source } = node
      if (typeof value === 'number' && source !== undefined && String(value) !== source) node.value = source
    },
  })
}

/** The pairs of mappings, each of which may be asked for thousands of keys. */
class PairsByKey {
  readonly #known = new WeakMap<YAMLMap, Map<string, Pair>>()

  of(map: YAMLMap, key: string): Pair | undefined {
    let pairs = this.#known.get(map)
    if (pairs === undefined) {
      pairs = new Map(
        map.items.flatMap((pair) => (yaml().isScalar(pair.key) ? [[String(pair.key.value), pair]] : [])),
      )
      this.#known.set(map, pairs)
    }
    return pairs.get(key)
  }
}

function valueOf(document: Document, name: string): unknown {
  try {
    return document.toJS()
  } catch (error) {
    // Aliases of aliases that would become more than fits into memory.
    throw new CorerushError('CORERUSH_CONFIG', `${name} cannot be read: ${messageOf(error)}`)
  }
}

/** The line of the last key or list item of the path that exists. */
function lineOf(
  document: Document,
  path: readonly (string | number)[],
  pairs: PairsByKey,
  lineAt: (at: number) => number,
): number | null {
  let node: unknown = document.contents
  let range: Range | null | undefined = document.contents?.range
  for (const part of path) {
    if (yaml().isAlias(node)) node = node.resolve(document)
    if (yaml().isMap(node)) {
      const pair = pairs.of(node, String(part))
      if (pair === undefined) break
      range = yaml().isScalar(pair.key) ? pair.key.range : range
      node = pair.value
    } else if (yaml().isSeq(node) && typeof part === 'number') {
      const item: unknown = node.items[part]
      range = (item as { range?: Range | null }).range ?? range
      node = item
    } else break
  }
  return range === null || range === undefined ? null : lineAt(range[0])
}
