/** Where in a log its replay begins. */
import { parseDurationS, printDurationS, type Parsed } from '../units.ts'
import { instantText, parseStampUs } from './log-time.ts'

/** So long after the first request, or an instant in µs since 1970. */
export type ReplayFrom = { readonly afterS: number } | { readonly atUs: number }

/** Reads a duration, or an instant as ISO 8601 or as a log writes it. */
export function parseReplayFrom(text: string): Parsed<ReplayFrom> {
  const trimmed = text.trim()
  const atUs = /^\d+(\.\d+)?$/.test(trimmed) ? null : parseStampUs(trimmed)
  if (atUs !== null) return { value: { atUs } }
  const after = parseDurationS(trimmed)
  return 'value' in after
    ? { value: { afterS: after.value } }
    : { problem: 'must be a duration such as 10m, or an instant such as 2026-11-30T12:00:00Z' }
}

export const printReplayFrom = (from: ReplayFrom): string =>
  'afterS' in from ? printDurationS(from.afterS) : instantText(from.atUs)
