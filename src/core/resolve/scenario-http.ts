/** Base URL, headers and HTTP of each of several scenarios, where they are not those of the first. */
import { readersOf, readPlanned } from '../options/option-readers.ts'
import type { Options } from '../options/options.ts'
import type { Problem } from '../options/problem.ts'
import { NOT_STARTED } from '../request/row.ts'
import type { ScenarioHttp, ScenarioPlan, ScriptPlan } from '../scenario/script-plan.ts'
import { withOwn, type OwnOptions } from './own-options.ts'
import { resolveHttp } from './request/http-options.ts'
import { resolveRequests, type NamedFiles } from './request/sent-requests.ts'

interface Asked {
  readonly asked: Options
  readonly files: NamedFiles
  /** What the scenario sets that the plan's own requests go by. */
  readonly firstOwn: OwnOptions
  readonly problems: Problem[]
}

/** The script with what each scenario sets; problems that only a later scenario has are added. */
export function withHttp(script: ScriptPlan, own: readonly OwnOptions[], context: Asked): ScriptPlan {
  const first = JSON.stringify(context.firstOwn)
  const scenarios = script.scenarios.map((scenario): ScenarioPlan => {
    const sets = own[scenario.index] ?? {}
    const { options, applied } = withOwn(context.asked, sets)
    const isOwn = JSON.stringify(sets) !== first
    return { ...scenario, sets: applied, http: isOwn ? httpOf(script, scenario, options, context) : null }
  })
  return { ...script, scenarios }
}

function httpOf(
  script: ScriptPlan,
  { name }: ScenarioPlan,
  options: Options,
  { files, problems }: Asked,
): ScenarioHttp | null {
  const found: Problem[] = []
  const readers = readersOf(options, found)
  const { sent, url } = resolveRequests(options, script, files, readers, found)
  const planned = readPlanned(readers)
  const http = resolveHttp(options, planned, url, sent.headers, readers)
  const { timeoutS, connectTimeoutS, maxRedirects, insecure, http2 } = planned
  const { proxy, ca, cert, key } = http
  for (const problem of found)
    problems.push({ ...problem, message: `${problem.message} (scenario ${name ?? ''})` })
  const { method, headers, body, digest, expectStatus } = sent
  return {
    request: { name: NOT_STARTED, method, url: sent.url, headers, body, digest, expectStatus },
    ...{ timeoutS, connectTimeoutS, maxRedirects, insecure, http2, proxy, ca, cert, key },
  }
}
