/** Why two runs cannot be compared: what differs besides the target, or makes one of them no measurement. */
import { amendmentWords, type Amendment } from '../plan/amendment.ts'
import type { DifferenceKind } from '../resolve/baseline-options.ts'
import { isCarriedOut, type StoppedBy } from '../judge/exit.ts'
import type { FeederPlan } from '../scenario/row-source.ts'
import type { AgentFacts, HostReport } from '../measure/host-facts.ts'
import type { Plan } from '../plan/plan.ts'
import type { Verdict } from '../judge/verdict.ts'
import { showMany } from '../units.ts'

export interface Difference {
  readonly kind: DifferenceKind
  readonly message: string
}

/** What is known of a run before it begins; the plan as a report shows it. */
export interface PlannedRun {
  readonly plan: Plan
  readonly host: HostReport
  /** The agents that carry it out; absent if this host does. */
  readonly agents?: readonly Pick<AgentFacts, 'host' | 'workers'>[] | undefined
  readonly version: string
}

/** What is looked at. */
export interface ComparableRun extends PlannedRun {
  readonly verdict: Pick<Verdict, 'level' | 'reasons'>
  readonly stoppedBy: StoppedBy
  readonly amendments: readonly Amendment[]
}

/** Fields that decide how a run is judged or begun, not what is measured. */
const NO_MATTER: ReadonlySet<string> = new Set([
  'thresholds',
  'baseline',
  'captureFailures',
  'captureSlowest',
  'sampleRequests',
  'traceUrl',
  'targetMetrics',
  'waitForTargetS',
  'gracefulStopS',
  'setupTimeoutS',
  'allowedHosts',
  'seed',
  'witness',
])
const HOST_FIELDS = [
  ...(['node', 'platform', 'arch', 'cpuModel', 'cores', 'cpuQuota'] as const),
  ...(['kernel', 'governor', 'turbo', 'sleepState', 'smt'] as const),
  ...(['virtualMachine', 'container', 'clockSource'] as const),
]

/** Settings of the machine, which not every platform reports. */
const MACHINE: ReadonlySet<string> = new Set(HOST_FIELDS.slice(HOST_FIELDS.indexOf('kernel')))

/**
 * All that speaks against a comparison; none when there is nothing. With `otherTarget` the runs are meant to go to
 * different origins.
 */
export const differencesOf = (
  baseline: ComparableRun,
  current: ComparableRun,
  { otherTarget = false } = {},
): Difference[] => [
  ...flawsOf(baseline, 'the baseline'),
  ...flawsOf(current, 'the current run'),
  ...plannedDifferences(baseline, current, otherTarget),
  ...amendedDifference(baseline, current),
]

/** Runs of one plan whose load was changed on the way are runs of the same load only if it was changed alike. */
export function amendedDifference(
  baseline: Pick<ComparableRun, 'amendments'>,
  current: Pick<ComparableRun, 'amendments'>,
): Difference[] {
  const [before, after] = [baseline, current].map(({ amendments }) => amendments)
  if (JSON.stringify(before) === JSON.stringify(after)) return []
  const words = (amendments: readonly Amendment[]): string =>
    amendments.length === 0 ? 'not at all' : amendmentWords(amendments)
  return [
    {
      kind: 'plan',
      message: `the load was amended while the runs went on: ${words(before!)} and ${words(after!)}`,
    },
  ]
}

/** What makes a run no measurement of its plan. */
export function flawsOf({ verdict, stoppedBy }: ComparableRun, who: string): Difference[] {
  const flaws: Difference[] = []
  if (verdict.level === 'void')
    flaws.push({ kind: 'void', message: `${who} is void: ${firstReason(verdict)}` })
  if (!isCarriedOut(stoppedBy))
    flaws.push({
      kind: 'plan',
      message: `${who} did not carry out its plan: it was stopped by ${stoppedBy}`,
    })
  return flaws
}

/** "2 × Xeon (4 workers, v20.1.0), 1 × EPYC (8 workers, v20.1.0)": the agents, whatever their names are. */
function hostsOf({ agents }: PlannedRun): string {
  if (agents === undefined) return 'one host'
  const kinds = new Map<string, number>()
  for (const { host, workers } of agents) {
    const kind = `${host.cpuModel} (${showMany(workers[1] - workers[0] + 1, 'worker')}, ${host.cores} cores, ${host.node})`
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  }
  return [...kinds]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, n]) => `${n} × ${kind}`)
    .join(', ')
}

/** What differs already before the current run begins. */
export function plannedDifferences(
  baseline: PlannedRun,
  current: PlannedRun,
  otherTarget = false,
): Difference[] {
  const differences: Difference[] = []
  const differs = (kind: DifferenceKind, message: string): void => void differences.push({ kind, message })
  const [before, after] = [baseline, current].map((run) => planFields(run, otherTarget))
  for (const field of new Set([...before!.keys(), ...after!.keys()]))
    if (before!.get(field) !== after!.get(field))
      differs('plan', `the plans differ in ${field}: ${shown(before!, field)} and ${shown(after!, field)}`)
  const [hosts, otherHosts] = [baseline, current].map(hostsOf)
  if (hosts !== otherHosts) differs('host', `the hosts differ: ${hosts} and ${otherHosts}`)
  // The coordinator's own host measures nothing.
  for (const field of baseline.agents === undefined && current.agents === undefined ? HOST_FIELDS : []) {
    const [one, other] = [baseline, current].map(({ host }): HostReport[typeof field] => host[field])
    // What one of them does not know is no difference.
    const isUnknown = MACHINE.has(field) && [one, other].some((fact) => (fact ?? null) === null)
    if (one !== other && !isUnknown) differs('host', `the hosts differ in ${field}: ${one} and ${other}`)
  }
  if (baseline.version !== current.version)
    differs(
      'version',
      `corerush ${baseline.version} measured the baseline, ${current.version} the current run`,
    )
  return differences
}

/**
 * What runs of equal plans have in common, as a text: that of all fields that matter. What is off or absent is left out,
 * because a later version has more that can be on.
 */
export const planText = (run: PlannedRun): string =>
  JSON.stringify(
    [...planFields(run, false)]
      .filter(([, text]) => !['null', 'false', '[]'].includes(text))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )

/** The fields of a plan that matter, as texts; the parts of request and scenario one by one. */
function planFields({ plan, version }: PlannedRun, otherTarget: boolean): Map<string, string> {
  const { request, scenario, targets, data, ...rest } = plan
  const fields = new Map<string, string>()
  const add = (name: string, value: unknown): void => {
    // The version is a difference of its own, and corerush says it in the request.
    const text = JSON.stringify(value).replaceAll(`corerush/${version}`, 'corerush')
    fields.set(name, otherTarget ? text.replaceAll(originOf(plan), '') : text)
  }
  for (const [name, value] of Object.entries(request)) add(name, value)
  // The file is what it says, wherever it lies.
  for (const [name, value] of Object.entries(scenario ?? {}))
    if (name !== 'file' && name !== 'feeders') add(`scenario.${name}`, value)
  add('scenario.feeders', (scenario?.feeders ?? []).map(byName))
  // A report of an earlier version knows neither.
  add('data', data ? byName(data) : null)
  add('targets', targets?.requests ?? null)
  for (const [name, value] of Object.entries(rest)) if (!NO_MATTER.has(name)) add(name, value)
  if (plan.model === 'open' && plan.replay !== undefined)
    add('replay', { ...plan.replay, file: baseOf(plan.replay.file) })
  return fields
}

/** The name of a data file counts, not its directory or content. */
const byName = ({ path, format, delimiter, order, end }: FeederPlan): FeederPlan => ({
  ...{ format, delimiter, order, end },
  path: baseOf(path),
})

const baseOf = (path: string): string => path.replace(/^.*[/\\]/s, '')

const originOf = ({ request }: Plan): string => new URL(request.url).origin

const LONGEST = 80
function shown(fields: ReadonlyMap<string, string>, field: string): string {
  const text = fields.get(field) ?? 'nothing'
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}

const firstReason = ({ reasons }: ComparableRun['verdict']): string =>
  reasons.find(({ level }) => level === 'void')?.message ?? 'its report gives no reason'
