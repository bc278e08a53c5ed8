/**
 * The command line: argv into the user's words. The only place that knows yargs, which splits the words and renders
 * the help; what they mean, and every complaint about them, is `core/options`' and this file's, so that all problems
 * can be told at once.
 */
import yargs from 'yargs'
import { nearest } from '../core/suggest.ts'
import type { Options, Problem } from '../core/options/options.ts'
import { redactUrlText } from '../core/request/redacted-url.ts'
import {
  COMPARE_FLAGS,
  DEBUG_FLAGS,
  DOCTOR_FLAGS,
  RUN_FLAGS,
  TARGET_FLAGS,
  type Flag,
  type FlagGroups,
} from './flags.ts'

export const COMMANDS = ['run', 'target', 'doctor', 'compare', 'debug'] as const
type CommandName = (typeof COMMANDS)[number]

/** The words of the command line, sorted; not yet understood. */
export interface Command {
  readonly name: CommandName
  readonly texts: ReadonlyMap<string, string>
  readonly lists: ReadonlyMap<string, readonly string[]>
  readonly switches: ReadonlyMap<string, boolean>
  /** The words that are no flags, of a command that takes such. */
  readonly operands: readonly string[]
  readonly problems: readonly Problem[]
  readonly wants: 'help' | 'version' | null
}

/** Sorts the words of the command line and notes everything that is no flag, or a flag without its value. */
export function parseArgv(argv: readonly string[]): Command {
  const name: CommandName = COMMANDS.find((command) => command !== 'run' && command === argv[0]) ?? 'run'
  const words = argv[0] === name ? argv.slice(1) : argv
  const flags = flagsOf(name)
  const parsed = parser(name).parseSync(words) as Record<string, unknown> & { _: (string | number)[] }
  const problems: Problem[] = []
  const texts = new Map<string, string>()
  const lists = new Map<string, readonly string[]>()
  const switches = new Map<string, boolean>()
  const known = new Set(['help', 'version', 'h', 'V'])

  for (const { name: flag, alias = [], kind, canBeOff, isOptional = false } of flags) {
    for (const spelling of [flag, ...alias]) known.add(spelling)
    const value = parsed[flag]
    if (value === undefined) continue
    if (value === false && canBeOff === true) {
      switches.set(flag, false)
      continue
    }
    if (kind === 'switch') {
      switches.set(flag, (Array.isArray(value) ? value.at(-1) : value) === true)
      continue
    }
    const values = (Array.isArray(value) ? value : [value]).map(String)
    if (!isOptional && (values.length === 0 || values.some((text) => text === '')))
      problems.push({ option: flag, message: 'needs a value' })
    else if (kind === 'list') lists.set(flag, values)
    else if (values.length > 1)
      problems.push({ option: flag, message: `was given ${values.length} times${repeated(flag, values)}` })
    else texts.set(flag, values[0]!)
  }
  problems.push(...switchesWithValues(words, flags))
  for (const key of Object.keys(parsed)) {
    if (key === '_' || key === '$0' || known.has(key)) continue
    const near = nearest(
      key,
      flags.map(({ name: flag }) => flag),
    )
    problems.push({
      option: key,
      message: near === null ? 'is not a flag' : `is not a flag; did you mean --${near}?`,
    })
  }
  const operands: string[] = []
  const stray: string[] = []
  for (const word of parsed._.map(String)) {
    if (name === 'compare') operands.push(word)
    else if ((name === 'run' || name === 'debug') && isScenarioFile(word) && !texts.has('scenario'))
      texts.set('scenario', word)
    else stray.push(word)
  }
  // `-H Authorization: Bearer x` without quotes: what is stray is the rest of a header, and not to be quoted back.
  if (stray.length > 0 && lists.get('header')?.some(isCutOff) === true)
    problems.push({
      option: 'header',
      message: 'ends at a blank: put quotes around the line, as in -H "Name: value"',
    })
  else problems.push(...stray.map(strayWord))
  const wants = parsed['help'] === true ? 'help' : parsed['version'] === true ? 'version' : null
  return { name, texts, lists, switches, operands, problems, wants }
}

/** The values of a flag that was repeated, unless they may hold a secret. */
const repeated = (flag: string, values: readonly string[]): string =>
  ['url', 'auth', 'proxy', 'target-metrics', 'body'].includes(flag) ? '' : `: ${values.join(', ')}`

/** `--insecure=yes`: yargs takes every value of a switch but `true` for false, and says nothing. */
function switchesWithValues(words: readonly string[], flags: readonly Flag[]): Problem[] {
  const problems: Problem[] = []
  for (const word of words) {
    const [, dashes, spelling, value] = /^(--?)([^=]+)=(.*)$/s.exec(word) ?? []
    if (spelling === undefined || value === 'true' || value === 'false') continue
    const name = dashes === '-' ? spelling.slice(-1) : spelling
    const flag = flags.find((one) => one.name === name || (one.alias ?? []).includes(name))
    if (flag?.kind === 'switch')
      problems.push({ option: flag.name, message: `takes no value, got "${value}"` })
  }
  return problems
}

/** A header line that a value is missing from. */
const isCutOff = (line: string): boolean => /^[^:]+:\s*(bearer|basic|token)?$/i.test(line)

/** A word that can only be the scenario's file. */
const isScenarioFile = (word: string): boolean => /\.[cm]?[jt]s$/.test(word) && !/^https?:\/\//.test(word)

function strayWord(word: string): Problem {
  if (/^https?:\/\//.test(word))
    return {
      option: redactUrlText(word),
      message: `is not an option; did you mean --url ${redactUrlText(word)}?`,
    }
  if (COMMANDS.includes(word as CommandName))
    return { option: word, message: `is not a command here; it comes first: corerush ${word} …` }
  const near = nearest(word, COMMANDS)
  return {
    option: redactUrlText(word),
    message: near === null ? 'is neither a command nor an option' : `is not a command; did you mean ${near}?`,
  }
}

/** The help of a command, ready to print. */
export function renderHelp(name: CommandName, columns: number): Promise<string> {
  return parser(name).wrap(Math.min(110, columns)).getHelp()
}

/** The user's words for a run, as `Options`; the body is still a text, or `@FILE`, and certificates are files. */
export function optionsOf({ texts, lists, switches }: Command): Options {
  const headers = lists.get('header')
  return {
    scenario: texts.get('scenario'),
    tags: lists.get('tags')?.flatMap((text) => text.split(',')),
    excludeTags: lists.get('exclude-tags')?.flatMap((text) => text.split(',')),
    url: texts.get('url'),
    allowHosts: lists.get('allow-host'),
    method: texts.get('method'),
    ...(headers === undefined ? {} : { headers }),
    name: texts.get('name'),
    targets: texts.get('targets'),
    data: texts.get('data'),
    dataOrder: texts.get('data-order') as Options['dataOrder'],
    dataEnd: texts.get('data-end') as Options['dataEnd'],
    expectStatus: texts.get('expect-status'),
    users: texts.get('users'),
    rate: texts.get('rate'),
    stages: lists.get('stage'),
    arrival: texts.get('arrival') as Options['arrival'],
    maxUsers: texts.get('max-users'),
    onFull: texts.get('on-full') as Options['onFull'],
    iterations: texts.get('iterations'),
    warmup: texts.get('warmup'),
    spawnRate: texts.get('spawn-rate'),
    rampUp: texts.get('ramp-up'),
    wait: texts.get('wait'),
    duration: texts.get('duration'),
    requests: texts.get('requests'),
    gracefulStop: texts.get('graceful-stop'),
    waitForTarget: texts.get('wait-for-target'),
    workers: texts.get('workers'),
    seed: texts.get('seed'),
    transport: texts.get('transport') as Options['transport'],
    timeout: texts.get('timeout'),
    connectTimeout: texts.get('connect-timeout'),
    insecure: switches.get('insecure'),
    keepAlive: switches.get('keepalive'),
    http2: switches.get('http2'),
    maxRedirects: texts.get('max-redirects'),
    auth: texts.get('auth'),
    proxy: texts.get('proxy'),
    unixSocket: texts.get('unix-socket'),
    connectTo: lists.get('connect-to'),
    localAddress: lists.get('local-address')?.flatMap((text) => text.split(',')),
    dnsTtl: texts.get('dns-ttl'),
    thresholds: lists.get('threshold'),
    baseline: lists.get('baseline'),
    allow: lists.get('allow'),
    captureFailures: texts.get('capture-failures'),
    targetMetrics: texts.get('target-metrics'),
    secrets: lists.get('secrets'),
  }
}

const groupsOf = (name: CommandName): FlagGroups =>
  ({
    run: RUN_FLAGS,
    target: TARGET_FLAGS,
    doctor: DOCTOR_FLAGS,
    compare: COMPARE_FLAGS,
    debug: DEBUG_FLAGS,
  })[name]

const flagsOf = (name: CommandName): readonly Flag[] => Object.values(groupsOf(name)).flat()

function parser(name: CommandName) {
  let parser = yargs([])
    .scriptName('corerush')
    .locale('en')
    .exitProcess(false)
    .fail(false)
    .help(false)
    .version(false)
    .parserConfiguration({
      'camel-case-expansion': false,
      'strip-aliased': true,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'dot-notation': false,
      'duplicate-arguments-array': true,
      'greedy-arrays': false,
    })
    .option('help', { alias: 'h', type: 'boolean', describe: 'show this' })
    .option('version', { alias: 'V', type: 'boolean', describe: 'show the version' })
  parser =
    name === 'target'
      ? parser.usage(
          'corerush target [options]\n\nServes the embedded target: an HTTP server of known latency on loopback.',
        )
      : name === 'doctor'
        ? parser.usage(
            'corerush doctor [options]\n\nShows the limits of this host, measures what it can generate soundly, and keeps that for later runs.',
          )
        : name === 'compare'
          ? parser.usage(
              "corerush compare BASELINE CURRENT [options]\n\nSays whether stored runs are worse than others: regressed, no regression, or can't tell. Exit code 98 when regressed.",
            )
          : name === 'debug'
            ? parser.usage(
                'corerush debug scenario.ts [options]\n\nLets one user do every task once, and shows every request, response and error. Exit code 99 when anything failed.',
              )
            : parser
                .usage(
                  'corerush [scenario.ts] [options]\n\nLoads an HTTP server from every core of this machine, and says whether its own figures can be trusted.',
                )
                .command('target', 'serve the embedded target')
                .command('doctor', 'show the limits of this host, and measure what it can generate')
                .command('compare', 'say whether stored runs are worse than others')
                .command('debug', 'let one user do every task of a scenario once, and show every step')
                .example(
                  'corerush --users 550 --url http://127.0.0.1:8080/',
                  '550 users, as fast as they can, for 10 s',
                )
                .example(
                  'corerush -u 550 --wait 0.9s-1.1s -d 1m -H "Content-Type: application/xml" -b @body.xml --url …',
                  'paced users posting a file',
                )
                .example(
                  'corerush --stage 30s:1000/s --stage 1m:1000/s --url …',
                  'arrivals that ramp up and hold',
                )
                .epilogue(
                  'Counts take k and M, durations ms, s, m and h, rates /s, /m and /h; all are totals over all cores. Exit codes: 0 good · 1 unexpected · 2 usage · 97 void · 98 regression · 99 thresholds failed · 130 interrupted · 143 terminated',
                )
  const flags = Object.entries(groupsOf(name)).flatMap(([group, members]) =>
    members.map((member) => ({ ...member, group: `${group}:` })),
  )
  for (const { name: flag, alias, kind, describe, group, show } of flags)
    parser = parser.option(flag, {
      ...(alias === undefined ? {} : { alias: [...alias] }),
      type: kind === 'switch' ? 'boolean' : 'string',
      ...(kind === 'switch' ? {} : { requiresArg: false }),
      describe,
      group,
      ...(show === undefined ? {} : { defaultDescription: show }),
    })
  return parser
}
