/**
 * The command line: argv into a command. yargs' parser splits the words; what they mean, and every complaint about
 * them, is decided here and in `core/options`, so that all problems are reported together.
 */
import { Parser } from 'yargs/helpers'
import { flagOf, type Declarations } from '../core/options/declaration.ts'
import type { Problem } from '../core/options/problem.ts'
import { redactUrlText } from '../core/request/redacted-url.ts'
import { didYouMean, nearest } from '../core/suggest.ts'
import type { Command } from './command.ts'
import { FOREIGN_FLAGS, FOREIGN_SCENARIO, isForeignScenario } from './foreign-flags.ts'
import {
  COMMANDS,
  flagsOf,
  type CommandName,
  type ListName,
  type SwitchName,
  type TextName,
} from './flags.ts'

/** What may become of a command while its words are sorted. */
interface Sorted {
  readonly texts: Map<TextName, string>
  readonly lists: Map<ListName, readonly string[]>
  readonly switches: Map<SwitchName, boolean>
  readonly off: Set<TextName>
  readonly problems: Problem[]
}

interface Flag {
  readonly option: string
  readonly flag: string
  readonly spellings: readonly string[]
  readonly declaration: Declarations[string]
}

const HELP = { help: ['h'], version: ['V'] }

/** Sorts the words of the command line and notes everything that is no flag, or a flag without its value. */
export function parseArgv(argv: readonly string[]): Command {
  const name: CommandName = COMMANDS.find((command) => command === argv[0]) ?? 'run'
  const words = argv[0] === name ? argv.slice(1) : argv
  const flags = readFlags(flagsOf(name))
  const parsed = split(name, words, flags)
  const sorted: Sorted = {
    texts: new Map(),
    lists: new Map(),
    switches: new Map(),
    off: new Set(),
    problems: [],
  }
  for (const flag of flags) sortValue(flag, parsed[flag.flag], sorted)
  sorted.problems.push(...switchesWithValues(words, flags), ...unknownFlags(name, parsed, flags))
  // After the words, which may be the file or the URL that another tool's flag stands for.
  const operands = sortWords(name, parsed._.map(String), sorted)
  if (LOADS_TARGET.includes(name)) refuseForeign(parsed, flags, sorted)
  const wants = parsed['help'] === true ? 'help' : parsed['version'] === true ? 'version' : null
  return { name, ...sorted, operands, wants }
}

const readFlags = (declarations: Declarations): Flag[] =>
  Object.entries(declarations).flatMap(([option, declaration]) => {
    const flag = flagOf(option, declaration)
    if (flag === null) return []
    return [{ option, flag, spellings: [flag, ...(declaration.alias ?? [])], declaration }]
  })

/** The words by the flags they belong to; a flag that is repeated has a list of values. */
function split(
  name: CommandName,
  words: readonly string[],
  flags: readonly Flag[],
): ReturnType<typeof Parser> {
  const isSwitch = ({ declaration }: Flag): boolean => declaration.format.kind === 'switch'
  const foreign = foreignTo(name, flags)
  const spellingsOf = (kind: 'text' | 'switch'): string[] =>
    foreign.filter((one) => one.kind === kind).flatMap(({ spellings }) => spellings)
  return Parser([...words], {
    alias: { ...HELP, ...Object.fromEntries(flags.map(({ flag, spellings }) => [flag, spellings.slice(1)])) },
    boolean: [
      ...Object.keys(HELP),
      ...flags.filter(isSwitch).map(({ flag }) => flag),
      ...spellingsOf('switch'),
    ],
    string: [...flags.filter((flag) => !isSwitch(flag)).map(({ flag }) => flag), ...spellingsOf('text')],
    configuration: {
      'camel-case-expansion': false,
      'strip-aliased': true,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'dot-notation': false,
      'duplicate-arguments-array': true,
      'greedy-arrays': false,
    },
  })
}

function sortValue({ option, flag, declaration }: Flag, value: unknown, sorted: Sorted): void {
  if (value === undefined) return
  const { format, canBeOff, isOptional, secret } = declaration
  const given: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (format.kind === 'switch') {
    sorted.switches.set(option as SwitchName, given.at(-1) === true)
    return
  }
  if (given.includes(false)) {
    if (canBeOff === true) sorted.off.add(option as TextName)
    else sorted.problems.push(notAFlag(`--no-${flag}`))
    return
  }
  const values = given.map(String)
  if (isOptional !== true && (values.length === 0 || values.includes('')))
    sorted.problems.push({ option, message: 'needs a value' })
  else if (format.kind === 'list') sorted.lists.set(option as ListName, values)
  else if (values.length > 1) {
    const quoted = secret === undefined ? `: ${values.join(', ')}` : ''
    sorted.problems.push({ option, message: `was given ${values.length} times${quoted}` })
  } else sorted.texts.set(option as TextName, values[0]!)
}

const notAFlag = (word: string, near = ''): Problem => ({
  option: word,
  place: word,
  message: `is not a flag${near}`,
})

function unknownFlags(name: CommandName, parsed: object, flags: readonly Flag[]): Problem[] {
  const foreign = foreignTo(name, flags).flatMap(({ spellings }) => spellings)
  const known = new Set([
    ...foreign,
    '_',
    '$0',
    'help',
    'version',
    'h',
    'V',
    ...flags.flatMap(({ spellings }) => spellings),
  ])
  const names = flags.flatMap(({ spellings }) => spellings).filter((spelling) => spelling.length > 1)
  return Object.keys(parsed)
    .filter((key) => !known.has(key))
    .map((key) => {
      const near = nearest(key, names)
      const word = key.length === 1 ? `-${key}` : `--${key}`
      return notAFlag(word, near === null ? '' : `; did you mean --${near}?`)
    })
}

/** `--insecure=yes`: the parser takes every value of a switch but `true` for false. */
function switchesWithValues(words: readonly string[], flags: readonly Flag[]): Problem[] {
  const problems: Problem[] = []
  for (const word of words) {
    const [, dashes, spelling, value] = /^(--?)([^=]+)=(.*)$/s.exec(word) ?? []
    if (spelling === undefined || value === 'true' || value === 'false') continue
    const name = dashes === '-' ? spelling.slice(-1) : spelling
    const flag = flags.find(({ spellings }) => spellings.includes(name))
    if (flag?.declaration.format.kind === 'switch')
      problems.push({ option: flag.option, message: `takes no value, got "${value}"` })
  }
  return problems
}

/** Flags of other tools, where a load is meant; none that the command has itself. */
const foreignTo = (name: CommandName, flags: readonly Flag[]): typeof FOREIGN_FLAGS =>
  !LOADS_TARGET.includes(name)
    ? []
    : FOREIGN_FLAGS.filter(({ spellings }) => !flags.some((flag) => spellings.includes(flag.flag)))

/** Refuses the flags of other tools with the right ones, and a URL as a header, which is Locust's host. */
function refuseForeign(
  parsed: Readonly<Record<string, unknown>>,
  flags: readonly Flag[],
  { texts, lists, problems }: Sorted,
): void {
  for (const { spellings, message, option } of foreignTo('run', flags))
    for (const spelling of spellings) {
      const value = parsed[spelling]
      if (value === undefined) continue
      const word = spelling.length === 1 ? `-${spelling}` : `--${spelling}`
      problems.push({ option: word, place: word, message })
      const isUsable = typeof value === 'string' && value !== ''
      if (option === undefined || texts.has(option) || !isUsable) continue
      if (option !== 'scenario' || isScenarioFile(value)) texts.set(option, value)
    }
  const headers = lists.get('headers') ?? []
  for (const line of headers.filter(isUrl)) {
    problems.push({
      option: 'headers',
      message: `must be "Name: value", got a URL; did you mean --url ${redactUrlText(line)}?`,
    })
    if (!texts.has('url')) texts.set('url', line)
  }
  if (headers.some(isUrl))
    lists.set(
      'headers',
      headers.filter((line) => !isUrl(line)),
    )
}

/** Sorts the words that are no flags: a URL, a scenario's file, and the operands of a command, which are returned. */
function sortWords(
  name: CommandName,
  words: readonly string[],
  { texts, lists, problems }: Sorted,
): string[] {
  if (TAKES_OPERANDS.includes(name)) return [...words]
  const stray: string[] = []
  for (const word of words) {
    const option = !LOADS_TARGET.includes(name)
      ? null
      : isUrl(word)
        ? 'url'
        : isScenarioFile(word)
          ? 'scenario'
          : null
    if (option === null || texts.has(option)) stray.push(word)
    else texts.set(option, word)
  }
  // `-H Authorization: Bearer x` without quotes: the stray words are the rest of a header, and must not be quoted.
  if (stray.length > 0 && lists.get('headers')?.some(isCutOff) === true)
    problems.push({
      option: 'headers',
      message: 'ends at a blank: put quotes around the line, as in -H "Name: value"',
    })
  else problems.push(...stray.map((word) => strayWord(word, texts)))
  return []
}

const TAKES_OPERANDS: readonly CommandName[] = ['compare', 'completion', 'import']

const LOADS_TARGET: readonly CommandName[] = ['run', 'find', 'debug']

/** A header line that a value is missing from. */
const isCutOff = (line: string): boolean => /^[^:]+:\s*(bearer|basic|token)?$/i.test(line)

const isUrl = (word: string): boolean => /^https?:\/\//i.test(word)

/** A URL without its scheme: a host with a port, `localhost`, an address, or a name with a path. */
const BARE_URL = /^(?:[\w.-]+:\d+|localhost|\d+(?:\.\d+){3}|[\w-]+(?:\.[\w-]+)+(?=\/))(?:\/|$)/i

/** Whether a word can only be the scenario's file. */
const isScenarioFile = (word: string): boolean => /\.[cm]?[jt]s$/.test(word) && !isUrl(word)

function strayWord(word: string, texts: Sorted['texts']): Problem {
  const shown = redactUrlText(word)
  const problem = (message: string): Problem => ({ option: shown, place: shown, message })
  if (isUrl(word))
    return problem(
      texts.has('url') ? 'is a second URL: a run has one, see --targets' : 'is not an option here',
    )
  if (isScenarioFile(word)) return problem('is a second scenario file: a run has one')
  // It was to say where requests go, so a missing URL is not reported as well.
  if (isForeignScenario(word)) return { ...problem(FOREIGN_SCENARIO), option: 'url' }
  if (BARE_URL.test(word))
    return { ...problem(`has no scheme; did you mean http://${shown}?`), option: 'url' }
  if (COMMANDS.includes(word as CommandName))
    return problem(`is not a command here; it comes first: corerush ${word} …`)
  const hint = didYouMean(word, COMMANDS)
  return problem(hint === '' ? 'is neither a command nor an option' : `is not a command${hint}`)
}
