/** Why two runs cannot be compared: what differs besides the target, or makes one of them no measurement. */
import type { Plan } from './plan.ts'
import type { HostReport, Report } from './report.ts'

export const DIFFERENCES = ['plan', 'host', 'version', 'void'] as const
export type DifferenceKind = (typeof DIFFERENCES)[number]

export interface Difference {
  readonly kind: DifferenceKind
  readonly message: string
}

/** What is looked at. */
export type ComparableRun = Pick<Report, 'plan' | 'host' | 'version' | 'verdict' | 'stoppedBy'>

/** They say how a run is judged or begun, not what is measured. */
const NO_MATTER: ReadonlySet<string> = new Set([
  'thresholds',
  'captureFailures',
  'targetMetrics',
  'waitForTargetS',
  'gracefulStopS',
  'seed',
])
const HOST_FIELDS = ['node', 'platform', 'arch', 'cpuModel', 'cores', 'cpuQuota'] as const
const CARRIED_OUT: readonly Report['stoppedBy'][] = ['duration', 'requests', 'iterations', 'users']

/**
 * All that speaks against a comparison; none when there is nothing. With `otherTarget` the runs are meant to go to
 * different origins.
 */
export function differencesOf(
  baseline: ComparableRun,
  current: ComparableRun,
  { otherTarget = false } = {},
): Difference[] {
  const differences: Difference[] = []
  const differs = (kind: DifferenceKind, message: string): void => void differences.push({ kind, message })
  for (const [who, { verdict, stoppedBy }] of [
    ['the baseline', baseline],
    ['the current run', current],
  ] as const) {
    if (verdict.level === 'void') differs('void', `${who} is void: ${firstReason(verdict)}`)
    if (!CARRIED_OUT.includes(stoppedBy))
      differs('plan', `${who} did not carry out its plan: it was stopped by ${stoppedBy}`)
  }
  const [before, after] = [baseline, current].map((run) => planFields(run, otherTarget))
  for (const field of new Set([...before!.keys(), ...after!.keys()]))
    if (before!.get(field) !== after!.get(field))
      differs('plan', `the plans differ in ${field}: ${shown(before!, field)} and ${shown(after!, field)}`)
  for (const field of HOST_FIELDS) {
    const [one, other] = [baseline.host[field], current.host[field]] satisfies HostReport[typeof field][]
    if (one !== other) differs('host', `the hosts differ in ${field}: ${one} and ${other}`)
  }
  if (baseline.version !== current.version)
    differs(
      'version',
      `corerush ${baseline.version} measured the baseline, ${current.version} the current run`,
    )
  return differences
}

/** The fields of a plan that matter, as texts; the parts of the request one by one. */
function planFields({ plan, version }: ComparableRun, otherTarget: boolean): Map<string, string> {
  const { request, ...rest } = plan
  const fields = new Map<string, string>()
  const add = (name: string, value: unknown): void => {
    // The version is a difference of its own, and corerush says it in the request.
    const text = JSON.stringify(value).replaceAll(`corerush/${version}`, 'corerush')
    fields.set(name, otherTarget ? text.replaceAll(originOf(plan), '') : text)
  }
  for (const [name, value] of Object.entries(request)) add(name, value)
  for (const [name, value] of Object.entries(rest)) if (!NO_MATTER.has(name)) add(name, value)
  return fields
}

const originOf = ({ request }: Plan): string => new URL(request.url).origin

const LONGEST = 80
function shown(fields: ReadonlyMap<string, string>, field: string): string {
  const text = fields.get(field) ?? 'nothing'
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}

const firstReason = ({ reasons }: Report['verdict']): string =>
  reasons.find(({ level }) => level === 'void')?.message ?? 'its report gives no reason'
