/** The flags of every command, by the headings of the help. Those of a run are declared in core/options. */
import type { Declarations, NameOf } from '../core/options/declaration.ts'
import { DECLARATIONS, GROUPS, NATS } from '../core/options/declarations.ts'
import { duration, like, list, oneOf, onOff, text, whole, withDefault } from '../core/options/format.ts'
import { MOST_USERS } from '../core/options/limits.ts'
import { FORMATS } from '../import/formats.ts'

const {
  url,
  allowHosts,
  scenarios,
  tags,
  excludeTags,
  headers,
  expectStatus,
  seed,
  config,
  profile,
  allow,
  color,
} = DECLARATIONS

const JSON_SWITCH = { format: onOff(), sentence: 'write the result as JSON' } as const

const COMPARE = {
  thresholds: {
    format: like(list(''), 'p95 < baseline + 10%', 'rps > baseline - 5%'),
    sentence: 'rule about the difference from the baseline',
    usually: 'p95 < baseline + 5%',
    details: 'Any percentile of the latency, `mean`, `rps`. Each further rule takes more runs',
    flag: 'threshold',
  },
  margin: {
    format: text('0.1% to 90%'),
    sentence: 'how much higher p95 may be than that of the baseline',
    usually: '5%',
    details: 'Of the default rule',
  },
  allow: {
    ...allow,
    details: 'Runs of another plan, host or version, or void ones; otherwise exit code 2',
  },
  paired: {
    format: onOff(),
    sentence:
      'compare the first run of one side with the first of the other, and so on: they were interleaved',
    details: 'Takes as many runs on each side',
  },
  json: JSON_SWITCH,
  outputs: {
    format: list('`html=PATH`'),
    sentence: 'page of both runs, html=PATH; PATH - is standard output',
    details:
      'Verdicts, figures, charts over each other and the answers of the comparison; takes one run on each side. With `-`, the comparison goes to standard error',
    flag: 'out',
    alias: ['o'],
  },
  fail: { format: onOff(), sentence: 'exit with 98 for a regression; without it, with 0', usually: 'on' },
  color,
} as const satisfies Declarations

const DEBUG = {
  task: {
    format: text('name'),
    sentence: 'run only this task of the scenario',
    usually: 'all, one after the other',
  },
  url,
  allowHosts,
  scenarios,
  tags,
  excludeTags,
  headers,
  expectStatus,
  seed,
  config,
  profile,
  color,
} as const satisfies Declarations

const TARGET = {
  port: {
    format: text('0 to 65535'),
    sentence: 'port to listen on; 0 for any, which is printed',
    usually: '8080',
  },
  host: { format: text('address'), sentence: 'address to listen on', usually: '127.0.0.1' },
  latency: {
    format: like(text(''), '20ms', 'uniform:5ms,50ms', 'lognormal:20ms,0.5'),
    sentence: 'latency of responses',
    usually: '0',
    details: 'At most 1h; a log-normal one is given by its median and sigma',
  },
  capacity: {
    format: like(text('rate above 0'), '500', '2k/s'),
    sentence: 'requests served per second at most; the rest queue',
    usually: 'none',
  },
  status: {
    format: like(list(''), '503', '503:0.05'),
    sentence: 'status of responses, of all or of a share of them',
    usually: '200',
  },
  bodyBytes: { format: text('at most 100M'), sentence: 'size of each response body', usually: '200' },
  seed: { format: text('count'), sentence: 'seed of latencies and statuses', usually: '1' },
} as const satisfies Declarations

const DOCTOR = {
  span: { format: text('whole seconds'), sentence: 'time for which each rate is held', usually: '1s' },
  json: JSON_SWITCH,
  color,
} as const satisfies Declarations

const FIND = {
  goals: {
    format: like(list(''), 'p99 < 100ms', 'p99 < 500ms'),
    sentence: 'goal of its own, beside the thresholds; each is answered from the same trials',
    usually: 'the thresholds alone',
    flag: 'goal',
  },
  for: {
    format: withDefault(duration('above 0'), 60),
    sentence: 'how long a load must hold, over all its trials',
  },
  trial: { format: withDefault(duration('whole'), 5), sentence: 'length of a trial' },
  tolerate: {
    format: text('0% to 90%'),
    sentence: 'share of trials that may fail at a load that still counts as held',
    usually: '20%',
  },
  precision: {
    format: text('0.1% to 100%'),
    sentence: 'width of the interval that is looked for, as a share of its lower end',
    usually: '2%',
  },
  confirm: {
    format: withDefault(duration('whole'), 60),
    sentence: 'how long the answer is held once more, in one trial; 0 for not at all',
  },
  maxTime: { format: withDefault(duration('above 0'), 600), sentence: 'when the search ends at the latest' },
} as const satisfies Declarations

const HISTORY = {
  plan: {
    format: text('name or text'),
    sentence: 'show only the plan of this name, or plans that send to a URL with this text',
    usually: 'all plans',
  },
  last: { format: text('1 to 100', 'Count'), sentence: 'newest runs of each plan', usually: '50' },
  json: JSON_SWITCH,
  outputs: {
    format: list('`html=PATH`'),
    sentence: 'page of the history, html=PATH; PATH - is standard output',
    details: 'Charts of rate, p50, p95 and p99 with their bounds, change points marked. Needs no network',
    flag: 'out',
    alias: ['o'],
  },
  color,
} as const satisfies Declarations

const INIT = {
  url: {
    format: text('http or https URL'),
    sentence: 'URL of the target, which the config begins with',
    usually: 'asked on a terminal; http://127.0.0.1:3000',
    secret: 'url',
  },
  yes: { format: onOff(), sentence: 'ask nothing', alias: ['y'] },
} as const satisfies Declarations

const IMPORT = {
  from: {
    format: like(oneOf(...FORMATS)),
    sentence: 'format of the file',
    usually: 'by its content',
  },
  importOut: {
    format: text('path'),
    sentence: 'file to write; it must not exist',
    usually: 'standard output',
    flag: 'out',
    alias: ['o'],
  },
  overwrite: { format: onOff(), sentence: 'replace the file of `--out`', usually: 'off' },
  hosts: {
    format: like(list(''), 'api.example', '*.example'),
    sentence: 'of a HAR file: host to keep beside that of the first page; `*` is all',
    usually: 'its subdomains',
  },
  keepAssets: {
    format: onOff(),
    sentence: 'of a HAR file: keep requests for scripts, styles, images, fonts and media',
    usually: 'off',
  },
} as const satisfies Declarations

const AGENT = {
  allowHosts: {
    ...allowHosts,
    sentence: "hosts that requests may go to, whatever a run asks; '*' for any",
    usually: 'none: it must be said',
  },
  ...NATS,
  agentName: {
    format: text('small letters, digits, dashes'),
    sentence: 'name of this agent',
    usually: 'the name of the host',
    flag: 'name',
  },
  labels: {
    format: like(list(''), 'zone=a'),
    sentence: 'label that runs choose agents by',
    flag: 'label',
  },
  workers: { ...DECLARATIONS.workers, details: 'Each run uses all of them' },
  maxRate: {
    format: like(text('rate above 0'), '5k/s'),
    sentence: 'most iterations per second that a run may ask of this agent',
    usually: 'no limit',
  },
  agentUsers: {
    format: whole(1, MOST_USERS),
    sentence: 'most users that a run may ask of this agent',
    usually: 'no limit',
    flag: 'max-users',
  },
  acceptScenarios: {
    format: onOff(),
    sentence: "run scenario files, which are code with this process's rights",
    usually: 'off',
  },
  once: { format: onOff(), sentence: 'end after one run', usually: 'off' },
} as const satisfies Declarations

const AGENTS = {
  where: DECLARATIONS.where,
  ...NATS,
  json: JSON_SWITCH,
  color,
} as const satisfies Declarations

/** The flags of the commands beside a run. */
export const COMMAND_FLAGS = {
  find: FIND,
  compare: COMPARE,
  history: HISTORY,
  debug: DEBUG,
  target: TARGET,
  doctor: DOCTOR,
  import: IMPORT,
  init: INIT,
  agent: AGENT,
  agents: AGENTS,
} as const

/** The flags of every command by the headings of its help. */
export const FLAG_GROUPS = {
  run: GROUPS,
  find: { Search: FIND, ...GROUPS },
  target: { Target: TARGET },
  doctor: { Doctor: DOCTOR },
  compare: { Compare: COMPARE },
  history: { History: HISTORY },
  debug: { Debug: DEBUG, HTTP: GROUPS.HTTP },
  import: { Import: IMPORT },
  init: { Init: INIT },
  agent: { Agent: AGENT },
  agents: { Agents: AGENTS },
  completion: {},
} as const satisfies Readonly<Record<string, Readonly<Record<string, Declarations>>>>

export type CommandName = keyof typeof FLAG_GROUPS

export const COMMANDS = Object.keys(FLAG_GROUPS) as readonly CommandName[]

/** The flags of a command by the names of their options. */
export const flagsOf = (command: CommandName): Declarations =>
  Object.fromEntries(
    Object.values<Declarations>(FLAG_GROUPS[command]).flatMap((group) => Object.entries(group)),
  )

type AnyFlags = typeof DECLARATIONS | (typeof COMMAND_FLAGS)[keyof typeof COMMAND_FLAGS]
type NamesOf<F, K> = F extends Declarations ? NameOf<F, K> : never

/** The names of options that a command takes as text, as several texts, as true or false. */
export type TextName = NamesOf<AnyFlags, 'text'>
export type ListName = NamesOf<AnyFlags, 'list'>
export type SwitchName = NamesOf<AnyFlags, 'switch'>
