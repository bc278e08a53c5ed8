/** The text of `--print-config`: each option in effect, its value and its source. Secrets are masked. Pure. */
import { parseUrl } from '../../core/request/parsed-url.ts'
import { cut } from '../../core/cut.ts'
import { placeOf } from '../../core/config/config-layers.ts'
import type { Layer } from '../../core/config/layers.ts'
import { isRead, type Declaration, type Declarations } from '../../core/options/declaration.ts'
import { DECLARATIONS } from '../../core/options/declarations.ts'
import { isSecretOption } from '../../core/scenario/script-options.ts'
import type { PlannedOptions } from '../../core/options/options.ts'
import { plannedUsers, type Plan } from '../../core/plan/plan.ts'
import { redactPlan, redactTemplate } from '../../core/plan/redact.ts'
import { parseRelative, printRelative } from '../../core/threshold/relative-rule.ts'
import { redactFields } from '../../core/request/secret-field.ts'
import { redactUrlText } from '../../core/request/redacted-url.ts'
import { MASK, redactHeader } from '../../core/request/secret-name.ts'
import { withoutSecrets } from '../../core/request/secret-set.ts'
import { isOneRequest } from '../../core/scenario/script-plan.ts'
import { printStatuses } from '../../core/request/status.ts'
import { parseThreshold, printThreshold } from '../../core/threshold/threshold.ts'
import { printDurationS } from '../../core/units.ts'
import { printWait } from '../../core/load/wait-time.ts'
import type { Style } from './paint.ts'
import { renderTable, type Column } from './text-table.ts'

interface Row {
  readonly option: string
  readonly value: string
  readonly from: string
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'option', align: 'left', cell: ({ option }) => option },
  { title: 'value', align: 'left', cell: ({ value }) => value },
  { title: 'from', align: 'left', cell: ({ from }) => from, paint: () => 'dim' },
]

/** `plan` is the plan of these options; `null` if they are invalid, in which case defaults are not listed. */
export function renderSettings(
  given: Layer,
  secrets: readonly string[],
  plan: Plan | null,
  style: Style,
): string {
  const shownOptions = [...given].filter(([option]) => option !== 'printConfig')
  const rows = shownOptions.flatMap(([option, values]) =>
    values.map(({ text, origin }): Row => ({
      option,
      value: withoutSecrets(option === 'set' ? shownSet(text, plan) : shown(option, text), secrets),
      from: placeOf(origin),
    })),
  )
  if (plan !== null) rows.push(...unsetOptions(given, redactPlan(plan)), ...unsetOwn(given, redactPlan(plan)))
  return `${renderTable(COLUMNS, rows, style).join('\n')}\n`
}

/** `NAME=VALUE`, its value masked if the scenario says so; without a plan nobody knows. */
function shownSet(text: string, plan: Plan | null): string {
  const name = text.slice(0, Math.max(0, text.indexOf('='))).trim()
  const option = plan?.scenario?.options.find((one) => one.name === name)
  return option === undefined || isSecretOption(option) ? `${name}=${MASK}` : text
}

/** The options of the scenario that nothing sets. */
function unsetOwn(given: Layer, { scenario }: Plan): Row[] {
  const set = new Set((given.get('set') ?? []).map(({ text }) => text.slice(0, text.indexOf('=')).trim()))
  return (scenario?.options ?? [])
    .filter(({ name }) => !set.has(name))
    .map(({ name, value }): Row => ({ option: 'set', value: `${name}=${value}`, from: 'scenario' }))
}

/** The value with secrets masked, recognized by option or by name. */
function shown(option: string, text: string): string {
  const declaration: Declaration | undefined = (DECLARATIONS as Declarations)[option]
  switch (declaration?.secret) {
    case undefined:
      return text
    case 'all':
      return MASK
    case 'pem':
      // A key that is not in PEM could be taken for the name of its file.
      return text.includes('-----BEGIN ') || (option === 'key' && !/\.(?:pem|key|crt|cer|p8)$/i.test(text))
        ? MASK
        : text
    case 'url':
      return parseUrl(text) !== null && text.includes('://') ? redactTemplate(text) : redactUrlText(text)
    case 'output':
      return text.replace(/(?<==).+/s, redactUrlText)
    case 'fields':
      return cut(redactFields(text))
    case 'header':
      return redactHeaderLine(text)
  }
}

function redactHeaderLine(line: string): string {
  const colon = line.indexOf(':')
  const name = line.slice(0, colon)
  return colon < 0 ? MASK : `${name}: ${redactHeader(name, line.slice(colon + 1).trim())}`
}

/** Options without a default that a scenario can set. */
const OF_A_SCENARIO: readonly string[] = ['url', 'wait', 'stages']
const MOST_STAGES = 10

function stagesOf(stages: readonly string[]): string | null {
  if (stages.length === 0) return null
  const more = stages.length - MOST_STAGES
  return `${stages.slice(0, MOST_STAGES).join(',')}${more > 0 ? `,… and ${more} more` : ''}`
}

/** Options that no source sets, with the plan's value: from the scenario, or the default. */
function unsetOptions(given: Layer, plan: Plan): Row[] {
  const values = new Map([...derivedValues(given, plan), ...plannedValues(plan)])
  const sets = plan.scenario?.scenarios[0]?.sets ?? []
  return [
    // In the order of the declarations.
    ...Object.keys(DECLARATIONS).flatMap((option): Row[] => {
      const value = values.get(option) ?? null
      const from = OF_A_SCENARIO.includes(option) || sets.includes(option) ? 'scenario' : 'default'
      return value === null || given.has(option) ? [] : [{ option, value, from }]
    }),
    ...defaultRules(given, plan),
  ]
}

/** The options that the plan holds as they are read. */
const plannedValues = (plan: Plan): [option: string, value: string | null][] =>
  Object.entries<Declaration>(DECLARATIONS).flatMap(([option, { planned, format }]) => {
    if (planned === undefined || !isRead(format)) return []
    const value: unknown = plan[planned as keyof PlannedOptions]
    return [
      [option, value === null ? null : typeof value === 'boolean' ? String(value) : format.print(value)],
    ]
  })

/** The options that the plan holds in another form. */
function derivedValues(given: Layer, plan: Plan): [option: string, value: string | null][] {
  const { request, scenario, stages } = plan
  const isReplay = plan.model === 'open' && plan.replay !== undefined
  const isStaged = given.has('stages') || (scenario?.stages ?? null) !== null
  return [
    ['url', request.url],
    ['wait', plan.model === 'closed' && plan.wait.kind !== 'none' ? printWait(plan.wait) : null],
    ['stages', stagesOf(scenario?.stages ?? [])],
    ...(['ca', 'cert', 'key'] as const).map((pem): [string, string | null] => [
      pem,
      plan[pem] === null ? null : MASK,
    ]),
    [
      'headers',
      scenario?.scenarios[0]?.sets.includes('headers') === true
        ? request.headers.map(([name, value]) => `${name}: ${redactHeader(name, value)}`).join(', ')
        : null,
    ],
    ['proxy', plan.proxy === null ? null : `http://${plan.proxy.host}:${plan.proxy.port}`],
    ['method', isOneRequest(plan) ? request.method : null],
    ['name', isOneRequest(plan) ? request.name : null],
    ['dataOrder', plan.data?.order ?? null],
    ['dataEnd', plan.data?.end ?? null],
    ['expectStatus', printStatuses(request.expectStatus)],
    ['users', plan.model === 'closed' && !isStaged ? String(plannedUsers(plan)) : null],
    ['rampUp', isReplay || isStaged || given.has('spawnRate') ? null : printDurationS(stages[0]!.durationS)],
    ['arrival', plan.model === 'open' && !isReplay ? plan.arrival : null],
    ['speed', plan.model === 'open' && isReplay ? String(plan.replay.speed) : null],
    ['maxUsers', plan.model === 'open' ? String(plan.maxUsers) : null],
    ['onFull', plan.model === 'open' ? plan.onFull : null],
    ['warmup', plan.warmupAuto ? 'auto' : printDurationS(plan.warmupS)],
    [
      plan.until.length === 0 ? 'duration' : 'maxDuration',
      isStaged || plan.durationS === null ? null : printDurationS(plan.durationS),
    ],
    ['workers', String(plan.workers)],
    ['transport', plan.transport],
  ]
}

/** Thresholds and rules of the plan that no source sets. */
function defaultRules(given: Layer, plan: Plan): Row[] {
  const rules = new Set(
    (given.get('thresholds') ?? []).map(({ text }) => {
      const relative = parseRelative(text)
      if ('value' in relative) return printRelative(relative.value)
      const rule = parseThreshold(text)
      return 'value' in rule ? printThreshold(rule.value) : text
    }),
  )
  return [...(plan.baseline?.rules ?? []).map(printRelative), ...plan.thresholds.map(printThreshold)]
    .filter((rule) => !rules.has(rule))
    .map((rule) => ({ option: 'thresholds', value: rule, from: 'default' }))
}
