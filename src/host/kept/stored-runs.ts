/** A stored run, as `--out json` writes it, read to be compared. */
import { readFileSync, statSync } from 'node:fs'
import { REPORT_SCHEMA, type Report } from '../../core/report/report.ts'
import { CorerushError, messageOf } from '../../errors.ts'

/** The report in a file; throws a CorerushError when there is none that can be compared. */
export function readRun(path: string): Report {
  const run = parse(path)
  const problem = problemOf(run)
  if (problem !== null) throw unusable(path, problem)
  return run as Report
}

function parse(path: string): unknown {
  let text
  try {
    if (statSync(path).isDirectory()) throw new Error('it is a folder')
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw unusable(path, `cannot be read: ${messageOf(error)}`)
  }
  try {
    return JSON.parse(text)
  } catch {
    throw unusable(path, 'is not whole JSON: is it truncated, or ndjson?')
  }
}

/** Why something is no report that can be compared; of a report only what a comparison looks at is checked. */
function problemOf(run: unknown): string | null {
  if (!isRecord(run) || typeof run['schema'] !== 'string')
    return 'is no report of corerush: it names no schema'
  if (run['schema'] !== REPORT_SCHEMA)
    return `is of the schema ${JSON.stringify(run['schema'])}; this corerush reads ${REPORT_SCHEMA}`
  const { plan, amendments, host, verdict, timeline } = run
  const isWhole =
    isRecord(plan) &&
    isRecord(plan['request']) &&
    typeof plan['request']['url'] === 'string' &&
    URL.canParse(plan['request']['url']) &&
    Array.isArray(amendments) &&
    isRecord(host) &&
    isRecord(verdict) &&
    Array.isArray(verdict['reasons']) &&
    Array.isArray(timeline) &&
    timeline.every(isSecond)
  return isWhole ? null : 'is a report that lacks its plan, host, verdict, timeline or amendments'
}

function isSecond(second: unknown): boolean {
  if (!isRecord(second) || !isRecord(second['latencyMs']) || !isRecord(second['histogram'])) return false
  const { upToUs, counts } = second['histogram']
  return isNumbers(upToUs) && isNumbers(counts) && upToUs.length === counts.length
}

const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'number' && one >= 0)

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const unusable = (path: string, problem: string): CorerushError =>
  new CorerushError('CORERUSH_BASELINE', `${path} ${problem}`)
