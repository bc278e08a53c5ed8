/**
 * Stages as the user writes them: `30s:100` brings the users, `30s:100/s` the arrival rate, from where the stage before
 * left them to this value, linearly; `0s:…` jumps.
 */
import { parseDurationS, parseNumber, parseRatePerS, type Parsed } from '../units.ts'

export interface StageText {
  readonly unit: 'users' | 'perS'
  readonly to: number
  readonly durationS: number
}

const RULE = 'must be stages such as 30s:100 (users) or 30s:100/s (arrivals)'

export function parseStage(text: string): Parsed<StageText> {
  const [span, target, ...more] = text.trim().split(':')
  if (span === undefined || target === undefined || span === '' || target === '' || more.length > 0)
    return { problem: `${RULE}, each with a duration and a value` }
  const duration = parseDurationS(span)
  if ('problem' in duration) return { problem: `${RULE}; a duration ${duration.problem}` }
  const unit = target.includes('/') ? 'perS' : 'users'
  const value = unit === 'perS' ? parseRatePerS(target) : parseNumber(target)
  if ('problem' in value) return { problem: `${RULE}; a value ${value.problem}` }
  if (value.value < 0 || (unit === 'users' && !Number.isInteger(value.value)))
    return {
      problem: `${RULE}, with a value that is ${unit === 'users' ? 'a whole number, and ' : ''}at least 0`,
    }
  return { value: { unit, to: value.value, durationS: duration.value } }
}

/** The stages as spans from each value to the next, from 0 on. */
export function spans(stages: readonly StageText[]): { from: number; to: number; durationS: number }[] {
  let from = 0
  return stages.map(({ to, durationS }) => {
    const span = { from, to, durationS }
    from = to
    return span
  })
}

/** From when to when stage `n`, counted from 1, lasts, in seconds of run time; `null` if there is no such stage. */
export function stageSpan(
  stages: readonly { readonly durationS: number }[],
  n: number,
): { readonly fromS: number; readonly toS: number } | null {
  const stage = stages[n - 1]
  if (stage === undefined) return null
  const fromS = stages.slice(0, n - 1).reduce((sum, { durationS }) => sum + durationS, 0)
  return { fromS, toS: fromS + stage.durationS }
}
