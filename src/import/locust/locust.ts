/** Imports locustfiles as scenarios. */
import { importError, type Source } from '../source.ts'
import type { Imported } from '../imported.ts'
import { formatted } from '../formatted.ts'
import { readLocustFile } from './locust-file.ts'
import { parse } from './python-tree.ts'
import { translateFile } from './translation.ts'

/** How many reasons of marks the summary names. */
const MOST_REASONS = 5

/** Resolves to a scenario file. Throws a CorerushError for a text that is no Python 3 or has no users. */
export async function importLocust(source: Source): Promise<Imported> {
  const tree = parse(source)
  if ('message' in tree)
    throw importError(source, tree.line, faultText(source, tree.message, tree.line), tree.column)
  const file = readLocustFile(tree)
  const { text, marks, notes, users } = translateFile(source, tree, file)
  if (users === 0)
    throw importError(source, null, 'has no user class with tasks, such as class Shopper(HttpUser)')
  const { translated, marked, reasons } = marks.summary()
  const share = Math.floor((100 * translated) / Math.max(1, translated + marked))
  const first = `${translated} of ${translated + marked} lines translated (${share} %), ${marked} marked with notTranslated`
  const why = reasons.slice(0, MOST_REASONS).map(([reason, count]) => `  ${count} × ${reason}`)
  const left = reasons.length > MOST_REASONS ? [`  and ${reasons.length - MOST_REASONS} other reasons`] : []
  return {
    kind: 'scenario',
    text: await formatted(text),
    companions: [],
    notes: [first, ...why, ...left, ...notes],
  }
}

/** Python 2 is told apart by its statements. */
function faultText({ text }: Source, message: string, line: number): string {
  const whole = text.split(/\r\n|[\n\r]/)[line - 1] ?? ''
  const isOld = /^\s*(?:print\s+["'\w]|exec\s+["']|raise\s+\w+\s*,|except\s+[\w.]+\s*,\s*\w+\s*:)/.test(whole)
  return isOld
    ? 'is Python 2, and Locust runs on Python 3: convert it with 2to3'
    : `is not Python: ${message}`
}
