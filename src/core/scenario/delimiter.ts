/** What separates the cells of a CSV file, by its first lines. */

import type { Parsed } from '../units.ts'

/** Reads a delimiter as users write it: one character, or a word for one that cannot be seen. */
export function parseDelimiter(text: string): Parsed<string> {
  if (text === 'tab' || text === '\\t') return { value: '\t' }
  return /^[^"\r\n]$/u.test(text)
    ? { value: text }
    : { problem: 'must be one character, such as ; or |, or the word tab' }
}

/** A delimiter as a message names it. */
export const showDelimiter = (delimiter: string): string => (delimiter === '\t' ? 'tabs' : `"${delimiter}"`)

/** The one that is taken if none fits better comes first. */
const DELIMITERS = [',', ';', '\t', '|'] as const
const MOST_LINES = 10

/** The delimiter that splits the first lines into equally many cells; a comma if none does. */
export function guessDelimiter(text: string): string {
  const lines = firstLines(text)
  const [head = ''] = lines
  const counts = DELIMITERS.map((delimiter) => ({
    delimiter,
    inHead: countOf(head, delimiter),
    isEven: lines.every((line) => countOf(line, delimiter) === countOf(head, delimiter)),
  })).filter(({ inHead }) => inHead > 0)
  const best = counts.find(({ isEven }) => isEven) ?? counts[0]
  return best?.delimiter ?? ','
}

/** Lines that have something; within quotes there are none. */
function firstLines(text: string): string[] {
  const lines: string[] = []
  let from = 0
  let isQuoted = false
  for (let at = 0; at <= text.length && lines.length < MOST_LINES; at++) {
    const char = text[at] ?? '\n'
    if (char === '"') isQuoted = !isQuoted
    if (isQuoted || (char !== '\n' && char !== '\r')) continue
    if (text.slice(from, at).trim() !== '') lines.push(text.slice(from, at))
    from = at + 1
  }
  return lines
}

/** How often it is outside of quotes. */
function countOf(line: string, delimiter: string): number {
  let count = 0
  let isQuoted = false
  for (const char of line)
    if (char === '"') isQuoted = !isQuoted
    else if (char === delimiter && !isQuoted) count++
  return count
}
