/** Which response statuses count as success: single codes, classes and ranges, `200,204,3xx,400-404`. */
import type { Parsed } from '../units.ts'

export interface StatusRange {
  readonly from: number
  readonly to: number
}

/** Success unless the plan says otherwise: every 2xx and 3xx. */
export const DEFAULT_EXPECTED: readonly StatusRange[] = [
  { from: 200, to: 299 },
  { from: 300, to: 399 },
]

const RULE = 'must list statuses such as 200, 2xx or 200-299, separated by commas'

export function parseStatuses(text: string): Parsed<readonly StatusRange[]> {
  const ranges: StatusRange[] = []
  for (const part of text.split(',')) {
    const match = /^\s*(?:(\d{3})|([1-5])xx|(\d{3})-(\d{3}))\s*$/i.exec(part)
    if (!match) return { problem: RULE }
    const [, code, hundred, low, high] = match
    const range =
      code !== undefined
        ? { from: Number(code), to: Number(code) }
        : hundred !== undefined
          ? { from: Number(hundred) * 100, to: Number(hundred) * 100 + 99 }
          : { from: Number(low), to: Number(high) }
    if (range.from < 100 || range.to > 599 || range.from > range.to) return { problem: RULE }
    ranges.push(range)
  }
  return { value: ranges }
}

export function printStatuses(ranges: readonly StatusRange[]): string {
  return ranges
    .map(({ from, to }) =>
      from === to ? String(from) : from % 100 === 0 && to === from + 99 ? `${from / 100}xx` : `${from}-${to}`,
    )
    .join(',')
}

export const isExpected = (ranges: readonly StatusRange[], status: number): boolean =>
  ranges.some(({ from, to }) => status >= from && status <= to)
