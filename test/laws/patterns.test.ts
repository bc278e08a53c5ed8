/**
 * Every regular expression of the sources takes time linear in its text, whoever wrote that: each is given 200 KB of each
 * character that it tells apart, and of each prefix of a text that it matches. A quadratic one would take more than ten seconds.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createContext, Script } from 'node:vm'
import ts from 'typescript'
import { expect, test } from 'vitest'

const LENGTH = 200_000
/** A linear one takes a millisecond, a quadratic one more than ten seconds. */
const LIMIT_MS = 3000
/**
 * All texts of a pattern are tried at a tenth of the length first. One that takes more than the limit at the whole length
 * grows at least with the square, so it takes more than a hundredth of the limit here.
 */
const SCREEN = { length: LENGTH / 10, limitMs: LIMIT_MS / 100 }

interface Pattern {
  readonly place: string
  readonly source: string
  readonly flags: string
}

const patterns: Pattern[] = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .flatMap((name) => patternsIn(join('src', name)))

function patternsIn(file: string): Pattern[] {
  const code = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
  const found: Pattern[] = []
  const look = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/')
      const { line } = code.getLineAndCharacterOfPosition(node.getStart())
      found.push({
        place: `${file}:${line + 1}`,
        source: node.text.slice(1, end),
        flags: node.text.slice(end + 1),
      })
    }
    ts.forEachChild(node, look)
  }
  look(code)
  return found
}

/** Those that it names, and one of each kind that `\w`, `\s` and negations tell apart. */
const charactersOf = (source: string): Set<string> =>
  new Set(Array.from(`${source}aZ0_ \t\r\n-.{}"\\\0\x7f\xe9€`))

/** A text that the pattern matches, roughly: what it names, in its order, each class by its first character. */
const sampleOf = (source: string): string =>
  source
    .replace(/\(\?(?:<?[=!]|:|<\w+>)/g, '')
    .replace(/\[\^[^\]]*\]/g, 'a')
    .replace(/\[(\\?.)[^\]]*\]/g, '$1')
    .replace(/\{\d+(?:,\d*)?\}/g, '')
    .replace(
      /\\([swdSWDbB])/g,
      (_, kind: string) => ({ s: ' ', d: '1', D: 'a', S: 'a', W: '-' })[kind] ?? 'a',
    )
    .replace(/\\u\{?([\da-f]{4})\}?/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    .replace(/\\r/g, '\r')
    .replace(/\\n/g, '\n')
    .replace(/\\t/g, '\t')
    .replace(/(?<!\\)[()|*+?^$]/g, '')
    .replace(/(?<!\\)\./g, 'a')
    .replace(/\\(.)/g, '$1')

const textsFor = (source: string): string[] => {
  const sample = sampleOf(source).slice(0, 24)
  const prefixes = Array.from({ length: sample.length }, (_, n) => sample.slice(0, n + 1))
  return [...new Set([...charactersOf(source), ...prefixes])]
}

const context = createContext({ texts: [], pattern: /x/ })
const replace = new Script('for (const text of texts) text.replace(pattern, "")')

/** A text of a piece, and after its repetitions something that ends them otherwise. */
const repeated = (piece: string, length: number): string =>
  `${piece.repeat(Math.ceil(length / piece.length))}\u0001`

function takesLess(timeout: number, pattern: RegExp, texts: readonly string[]): boolean {
  Object.assign(context, { texts, pattern })
  try {
    replace.runInContext(context, { timeout })
    return true
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return false
    throw error
  }
}

test('every pattern is linear', { timeout: 120_000 }, () => {
  expect(patterns.length).toBeGreaterThan(100)
  const slow = patterns.flatMap(({ place, source, flags }) => {
    const pattern = new RegExp(source, flags)
    const pieces = textsFor(source)
    const short = pieces.map((piece) => repeated(piece, SCREEN.length))
    if (takesLess(SCREEN.limitMs, pattern, short)) return []
    const piece = pieces.find((one) => !takesLess(LIMIT_MS, pattern, [repeated(one, LENGTH)]))
    return piece === undefined ? [] : [`${place} /${source}/ with ${JSON.stringify(piece)}`]
  })
  expect(slow).toEqual([])
})
