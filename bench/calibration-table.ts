/** Judges stored runs by the current rules, and counts how often the verdict is right. */
import { isReliable, PERCENTILES } from '../dist/core/measure/metrics.js'
import { judge } from '../dist/core/judge/verdict.js'
import { isHeldOut } from './calibration-cell.ts'
import { WARMUP_S, type CalibrationRun } from './calibration-run.ts'
import { renderTable } from './table.ts'

/** Errors allowed by the definition of sound. */
const ALLOWED_MS = 1
const ALLOWED_RATIO = 0.05
const ALLOWED_SHORT = 0.01
/** Tolerance for the path through the kernel and back, which no clock includes. */
const WAY_MS = 0.2
/** Both ends of the bound are upper edges of slots of a histogram with three significant digits. */
const ROUNDING_RATIO = 0.002

/** What the witness is to reach, up to this share of capacity. */
const WITNESS_MS = 0.5
const WITNESS_RATIO = 0.02
const WITNESS_TO = 0.7

export interface Judged {
  readonly run: CalibrationRun
  readonly level: 'sound' | 'suspect' | 'void'
  readonly codes: string
  /** The percentile with the largest error relative to the allowance, and that ratio; 1 is the limit. */
  readonly worst: { readonly name: string; readonly byMs: number; readonly times: number }
  /** The missing share of the planned load, beyond what chance explains; `null` without a pace. */
  readonly short: number | null
  readonly isTrue: boolean
  /** Percentiles whose bound does not reach the true value, and by how much. */
  readonly uncovered: readonly string[]
}

export function judgeRun(run: CalibrationRun): Judged {
  const { truth, evidence } = run
  const verdict = judge(evidence)
  let worst = { name: 'none', byMs: 0, times: 0 }
  const uncovered: string[] = []
  for (const [name] of PERCENTILES) {
    const reported = evidence.total.latencyMs[name]
    if (name === 'p99_9' || reported === null || !isReliable(evidence.total.latencyMs, name)) continue
    const low = truth.lowMs[name]!
    const high = truth.highMs[name]!
    const byMs = reported > high ? reported - high : reported < low ? reported - low : 0
    const times = Math.abs(byMs) / Math.max(ALLOWED_MS, ALLOWED_RATIO * high)
    if (times > worst.times) worst = { name, byMs, times }
    const above = reported - (verdict.errorBoundMs[name] ?? 0) - high
    const below = low - reported
    if (Math.max(above, below) > WAY_MS + ROUNDING_RATIO * reported)
      uncovered.push(`${name} ${below > WAY_MS ? '−' : '+'}${Math.max(above, below).toFixed(2)}`)
  }
  const short = shortOf(run)
  return {
    run,
    level: verdict.level,
    codes: verdict.reasons.map(({ code }) => code).join(' '),
    worst,
    short,
    isTrue: worst.times <= 1 && (short ?? 0) <= ALLOWED_SHORT,
    uncovered,
  }
}

/**
 * A user goes round once in a cycle and is counted when it comes by, so the count of a span is off by up to half a
 * request for each user: two standard deviations of that are chance. Arrivals by the clock leave no such room.
 */
function shortOf({ truth, evidence, cell }: CalibrationRun): number | null {
  const { plannedPerS, gotPerS } = truth
  if (plannedPerS === null) return null
  const loadS = evidence.loadEndS - WARMUP_S
  const users = Math.max(...evidence.rows.map((row) => row.users))
  const chance = cell.model === 'open' ? 1 / (plannedPerS * loadS) : Math.sqrt(users) / (plannedPerS * loadS)
  return Math.max(0, 1 - gotPerS / plannedPerS - chance)
}

export function renderJudgement(runs: readonly CalibrationRun[]): string {
  const judged = runs.map(judgeRun)
  const sections = [
    splitTable(judged),
    disturbanceTable(judged),
    ...witnessTable(judged),
    ...listing('False sound', judged, (j) => j.level === 'sound' && !j.isTrue),
    ...listing('False void', judged, (j) => j.level === 'void' && j.isTrue),
    ...listing(
      'Suspect, and the bound does not hold',
      judged,
      (j) => j.level === 'suspect' && j.uncovered.length > 0,
    ),
    ...listing(
      'Suspect without need',
      judged,
      (j) => j.level === 'suspect' && j.isTrue && j.worst.times < 0.5,
    ),
  ]
  return sections.join('\n\n')
}

const COLUMNS = [
  'runs',
  'sound',
  'false sound',
  'suspect',
  'of these true',
  'bound holds',
  'void',
  'false void',
]

function figures(judged: readonly Judged[]): string[] {
  const of = (level: Judged['level']): Judged[] => judged.filter((j) => j.level === level)
  const [sound, suspect, voided] = [of('sound'), of('suspect'), of('void')]
  const trueRuns = judged.filter(({ isTrue }) => isTrue).length
  const covered = suspect.filter(({ uncovered }) => uncovered.length === 0).length
  const falseVoid = voided.filter(({ isTrue }) => isTrue).length
  return [
    String(judged.length),
    String(sound.length),
    String(sound.filter(({ isTrue }) => !isTrue).length),
    String(suspect.length),
    String(suspect.filter(({ isTrue }) => isTrue).length),
    ratio(covered, suspect.length),
    String(voided.length),
    `${falseVoid} of ${trueRuns} true (${percent(falseVoid, trueRuns)})`,
  ]
}

const ratio = (n: number, of: number): string => `${n} of ${of} (${percent(n, of)})`
const percent = (n: number, of: number): string => (of === 0 ? '–' : `${((n / of) * 100).toFixed(1)} %`)

function splitTable(judged: readonly Judged[]): string {
  return renderTable([
    ['', ...COLUMNS],
    ['chosen from', ...figures(judged.filter(({ run }) => !isHeldOut(run.index)))],
    ['held out', ...figures(judged.filter(({ run }) => isHeldOut(run.index)))],
    ['all', ...figures(judged)],
  ])
}

function disturbanceTable(judged: readonly Judged[]): string {
  const groups = new Map<string, Judged[]>()
  for (const j of judged) {
    const { model, disturbance, load } = j.run.cell
    for (const key of [
      `a: ${disturbance}`,
      `b: ${model}`,
      `c: ${String(Math.round(load * 100)).padStart(3)} %`,
    ])
      groups.set(key, [...(groups.get(key) ?? []), j])
  }
  const keys = [...groups.keys()].sort()
  return renderTable([
    ['', ...COLUMNS],
    ...keys.map((key) => [key.slice(3).trim(), ...figures(groups.get(key)!)]),
  ])
}

/** How near the witness came to the truth, in runs that nothing disturbed: its value, and its interval with its bound. */
function witnessTable(judged: readonly Judged[]): string[] {
  const seen = judged.filter(({ run }) => run.evidence.witness !== null)
  if (seen.length === 0) return []
  const rows = PERCENTILES.filter(([name]) => name !== 'p99_9').map(([name]) => {
    const quiet = seen.flatMap(({ run }) => {
      const { latencyMs, floorMs, lowMs, highMs } = run.evidence.witness!
      const [value, low, high] = [latencyMs[name], run.truth.lowMs[name]!, run.truth.highMs[name]!]
      if (value === null || run.cell.disturbance !== 'none' || run.cell.load > WITNESS_TO) return []
      const off = Math.max(0, value - high, low - value)
      const reach = WAY_MS + ROUNDING_RATIO * value
      const [from, to] = [lowMs[name], highMs[name]]
      const isHeld = (from === null ? -Infinity : from - value + floorMs[name]! - reach) <= high
      return [
        {
          isNear: off <= Math.max(WITNESS_MS, WITNESS_RATIO * high),
          hasInterval: from !== null && to !== null,
          holds: isHeld && (to ?? Infinity) + reach >= low,
        },
      ]
    })
    const count = (is: (one: (typeof quiet)[number]) => boolean): string =>
      ratio(quiet.filter(is).length, quiet.length)
    return [name, count((one) => one.isNear), count((one) => one.hasInterval), count((one) => one.holds)]
  })
  const bySight = seen.filter(
    ({ run, level }) => level === 'sound' && judge(run.evidence).latencyBy === 'witness',
  )
  return [
    `${seen.length} runs had a witness; ${bySight.length} are sound by it, ${bySight.filter(({ isTrue }) => !isTrue).length} of these falsely. Undisturbed ones up to ${WITNESS_TO * 100} %:`,
    renderTable([
      ['witness', 'within max(0.5 ms, 2 %)', 'has an interval', 'truth within bound and interval'],
      ...rows,
    ]),
  ]
}

function listing(title: string, judged: readonly Judged[], is: (j: Judged) => boolean): string[] {
  const found = judged.filter(is)
  if (found.length === 0) return [`${title}: none`]
  return [
    `${title}: ${found.length}`,
    renderTable([
      [
        'run',
        'cell',
        'true p50',
        'p50',
        'true p99',
        'p99',
        'worst',
        '× allowed',
        'short',
        'verdict',
        'uncovered',
      ],
      ...found.map(({ run, level, codes, worst, short, uncovered }) => [
        `${run.index}${isHeldOut(run.index) ? ' held out' : ''}`,
        describeCell(run),
        ...(['p50', 'p99'] as const).flatMap((name) => [
          `${run.truth.lowMs[name]!.toFixed(2)}–${run.truth.highMs[name]!.toFixed(2)}`,
          (run.evidence.total.latencyMs[name] ?? NaN).toFixed(2),
        ]),
        worst.name,
        worst.times.toFixed(2),
        short === null ? '–' : `${(short * 100).toFixed(1)} %`,
        `${level} ${codes}`.trim(),
        uncovered.join(', '),
      ]),
    ]),
  ]
}

export function describeCell({ cell }: Pick<CalibrationRun, 'cell'>): string {
  const { model, transport, workers, load, latency, disturbance, waitS } = cell
  const wait = model === 'closed, waits' ? ` ${waitS} s` : ''
  return `${model}${wait}, ${transport}, ${workers} w, ${Math.round(load * 100)} %, ${latency} ms, ${disturbance}`
}
