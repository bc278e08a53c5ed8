/** A stored run, as `--out json` writes it, read to be compared. */
import { parseUrl } from '../../core/request/parsed-url.ts'
import { readFileSync, statSync } from 'node:fs'
import { REPORT_SCHEMA, type Report } from '../../core/report/report.ts'
import { schemaFault, type JsonSchema } from '../../core/report/schema-check.ts'
import { CorerushError, messageOf } from '../../errors.ts'

/** The report in a file; throws a CorerushError when there is none that can be compared. */
export function readRun(path: string): Report {
  const run = parse(path)
  const problem = reportProblem(run)
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

/** Why something is no report that can be compared; `null` if it is one. Anybody may have written the file. */
export function reportProblem(run: unknown): string | null {
  if (!isRecord(run) || typeof run['schema'] !== 'string')
    return 'is no report of corerush: it names no schema'
  if (run['schema'] !== REPORT_SCHEMA)
    return `is of the schema ${shortened(JSON.stringify(run['schema']))}; this corerush reads ${REPORT_SCHEMA}`
  const fault = schemaFault(run, reportSchema()) ?? contentFault(run as unknown as Report)
  return fault === null ? null : `is no whole report: ${shortened(fault)}`
}

/** What the types do not say. */
function contentFault({ plan, timeline }: Report): string | null {
  if (parseUrl(plan.request.url) === null) return 'plan.request.url: is no URL'
  for (const [i, { histogram }] of timeline.entries()) {
    const { upToUs, counts } = histogram
    if (upToUs.length !== counts.length) return `timeline[${i}].histogram: has not as many counts as edges`
    if (![...upToUs, ...counts].every((one) => one >= 0))
      return `timeline[${i}].histogram: has negative numbers`
  }
  return null
}

let schema: JsonSchema | null = null

/** The schema that this package publishes. */
const reportSchema = (): JsonSchema =>
  (schema ??= JSON.parse(
    readFileSync(new URL('../../../schema/report.schema.json', import.meta.url), 'utf8'),
  ) as JsonSchema)

/** A text out of a file, or a path in it, may be as long as the file. */
const shortened = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text)

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const unusable = (path: string, problem: string): CorerushError =>
  new CorerushError('CORERUSH_BASELINE', `${path} ${problem}`)
