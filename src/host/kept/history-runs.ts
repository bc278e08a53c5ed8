/**
 * Runs kept for their history (`--keep`): a small record of each in `.corerush/history`, and the whole reports of the newest
 * sound ones, which later runs can be compared with. Both are pruned.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { planText, type PlannedRun } from '../../core/compare/comparable.ts'
import { recordOf, recordProblem, type HistoryRecord } from '../../core/report/history.ts'
import type { Report } from '../../core/report/report.ts'
import { CorerushError, messageOf } from '../../errors.ts'
import { renderJson } from '../../output/file/json.ts'
import { writeWhole } from '../../output/whole-file.ts'
import { readCommit } from './commit.ts'
import { unfitToKeep } from './kept-runs.ts'

export const HISTORY_FOLDER = join('.corerush', 'history')
/** Whole reports of sound runs. */
const REPORTS = join(HISTORY_FOLDER, 'sound')
/** Records that are kept, and whole reports of each plan. */
export const MOST_RECORDS = 1000
export const MOST_REPORTS = 3

/** A name of the plan: equal for runs that can be compared as far as the plan goes. */
export const planName = (run: PlannedRun): string =>
  createHash('sha256').update(planText(run)).digest('hex').slice(0, 12)

/** Keeps the record of a run, and its report if it is sound; returns where. Throws if it cannot be written. */
export function keepRecord(
  report: Report,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const plan = planName(report)
  const record = recordOf(report, plan, readCommit(environment))
  const name = `${report.startedAt.replaceAll(':', '-')}.json`
  mkdirSync(REPORTS, { recursive: true })
  const file = join(HISTORY_FOLDER, name)
  writeWhole(file, `${JSON.stringify(record)}\n`)
  const { level, latencyBy } = report.verdict
  // Runs are compared by the latencies of all requests, which a run that is sound by its witness does not stand on.
  if (level === 'sound' && latencyBy === 'workers' && unfitToKeep(report) === null) {
    writeWhole(join(REPORTS, `${plan}-${name}`), renderJson(report))
    for (const old of reportsOf(plan).slice(0, -MOST_REPORTS)) rmSync(old, { force: true })
  }
  for (const old of filesIn(HISTORY_FOLDER).slice(0, -MOST_RECORDS)) rmSync(old, { force: true })
  return file
}

/** All records, the oldest first; throws a CorerushError if one cannot be read. */
export const readRecords = (): HistoryRecord[] => filesIn(HISTORY_FOLDER).map(readRecord)

/** The file of the newest sound run of this plan before an instant; `null` if none is kept. */
export function lastSound(run: PlannedRun, before: string | null): string | null {
  const end = before === null ? null : `${before.replaceAll(':', '-')}.json`
  const plan = planName(run)
  const files = reportsOf(plan)
  const earlier = end === null ? files : files.filter((file) => file < join(REPORTS, `${plan}-${end}`))
  return earlier.at(-1) ?? null
}

/** Reports of a plan, the oldest first. */
const reportsOf = (plan: string): string[] =>
  filesIn(REPORTS).filter((file) => file.startsWith(join(REPORTS, `${plan}-`)))

const filesIn = (folder: string): string[] =>
  existsSync(folder) && statSync(folder).isDirectory()
    ? readdirSync(folder)
        .filter((file) => file.endsWith('.json'))
        .sort()
        .map((file) => join(folder, file))
    : []

function readRecord(file: string): HistoryRecord {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new CorerushError('CORERUSH_BASELINE', `${file} cannot be read: ${messageOf(error)}`)
  }
  const problem = recordProblem(value)
  if (problem !== null) throw new CorerushError('CORERUSH_BASELINE', `${file} ${problem}`)
  return value as HistoryRecord
}
