/** What a parser understood, or an error with the rule that the text breaks. */
import type { Parsed } from '../../src/core/units.ts'

export function valueOf<T>(parsed: Parsed<T>): T {
  if ('problem' in parsed) throw new Error(parsed.problem)
  return parsed.value
}
