/** A load that is given as a function of time: sampled into stages, as they are written. */
import type { Duration } from '../units.ts'
import { parseDurationS, printDurationS } from '../units.ts'

/** One of the two functions; each gives the level at a run time in seconds, and the same each time. */
export interface Shape {
  /** How long the load goes on. */
  readonly duration: Duration
  /** The number of users, rounded to whole ones. */
  readonly users?: ((atS: number) => number) | undefined
  /** Arrivals due per second. */
  readonly ratePerS?: ((atS: number) => number) | undefined
}

/** The most instants at which a load is sampled. */
const MOST_SAMPLES = 3600
const LONGEST_S = 30 * 86_400
/** Rates are written in millionths; a slope that differs by less is the same. */
const DIGITS = 6
const HAIR = 1e-9

/**
 * Stages that follow a function of time: they begin with its value at 0 and go straight to that of each second, or of
 * each 3,600th part of a load longer than an hour. For `stages` of a scenario, of a config or of `run`.
 */
export function shape({ duration, users, ratePerS }: Shape): readonly string[] {
  const levelAt = users ?? ratePerS
  if (levelAt === undefined || (users !== undefined && ratePerS !== undefined))
    throw new TypeError('a shape needs one of the functions users and ratePerS')
  const durationS = readDuration(duration)
  const instants = instantsOf(durationS)
  const digits = users === undefined ? DIGITS : 0
  const levels = instants.map((atS) => read(levelAt(atS), atS, digits))
  for (const [i, atS] of instants.entries())
    if (read(levelAt(atS), atS, digits) !== levels[i])
      throw new TypeError(`a shape must give the same each time it is asked, and does not at ${atS} s`)
  return straight(instants, levels).map(
    ({ spanS, to }) => `${printDurationS(spanS)}:${to.toFixed(digits)}${users === undefined ? '/s' : ''}`,
  )
}

function readDuration(duration: Duration): number {
  const isText = typeof duration === 'string' || typeof duration === 'number'
  const parsed = isText ? parseDurationS(duration) : { problem: 'is missing' }
  if ('problem' in parsed) throw new TypeError(`the duration of a shape ${parsed.problem}`)
  if (parsed.value <= 0 || parsed.value > LONGEST_S)
    throw new RangeError('the duration of a shape must be longer than 0, and at most 30d')
  return parsed.value
}

function instantsOf(durationS: number): number[] {
  const stepS = Math.max(1, Math.ceil(durationS / MOST_SAMPLES))
  const instants = Array.from({ length: Math.ceil(durationS / stepS) }, (_, i) => i * stepS)
  return [...instants, durationS]
}

function read(level: unknown, atS: number, digits: number): number {
  if (typeof level === 'number' && level >= 0 && level < Infinity) return Number(level.toFixed(digits))
  throw new RangeError(`a shape must give numbers of at least 0, and gives ${String(level)} at ${atS} s`)
}

interface Straight {
  spanS: number
  to: number
}

/** A jump to the first level, and then one stage for all that lies on one straight line. */
function straight(instants: readonly number[], levels: readonly number[]): Straight[] {
  const stages: Straight[] = [{ spanS: 0, to: levels[0]! }]
  let slope = NaN
  for (let i = 1; i < levels.length; i++) {
    const spanS = instants[i]! - instants[i - 1]!
    const next = (levels[i]! - levels[i - 1]!) / spanS
    if (Math.abs(next - slope) < HAIR) {
      const last = stages.at(-1)!
      last.spanS += spanS
      last.to = levels[i]!
    } else stages.push({ spanS, to: levels[i]! })
    slope = next
  }
  return stages
}
