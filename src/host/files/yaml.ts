/** YAML, and JSON, which YAML knows how to read, with the line of each value. The only importer of yaml. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Range } from 'yaml'
import type { ConfigTree } from '../../core/config/config-layers.ts'
import { CorerushError, messageOf } from '../../errors.ts'
import { codeFrame } from '../../scenario/file.ts'

/** Errors that are told of a file; mostly all but the first come of the first. */
const MOST_ERRORS = 3

/** What the text says; a CorerushError shows the lines that are at fault. */
export function readYaml(text: string, name: string, isJson: boolean): Pick<ConfigTree, 'value' | 'lineOf'> {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    schema: isJson ? 'json' : 'core',
  })
  const faults = [...document.errors, ...document.warnings]
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
  return { value: valueOf(document, name), lineOf: (path) => lineOf(document, path, lineAt) }
}

function valueOf(document: Document, name: string): unknown {
  try {
    return document.toJS()
  } catch (error) {
    // Aliases of aliases that would become more than fits into memory.
    throw new CorerushError('CORERUSH_CONFIG', `${name} cannot be read: ${messageOf(error)}`)
  }
}

/** The line of the last key or list item of the path that there is. */
function lineOf(
  document: Document,
  path: readonly (string | number)[],
  lineAt: (at: number) => number,
): number | null {
  let node: unknown = document.contents
  let range: Range | null | undefined = document.contents?.range
  for (const part of path) {
    if (isAlias(node)) node = node.resolve(document)
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === part)
      if (pair === undefined) break
      range = isScalar(pair.key) ? pair.key.range : range
      node = pair.value
    } else if (isSeq(node) && typeof part === 'number') {
      const item: unknown = node.items[part]
      range = (item as { range?: Range | null }).range ?? range
      node = item
    } else break
  }
  return range === null || range === undefined ? null : lineAt(range[0])
}
