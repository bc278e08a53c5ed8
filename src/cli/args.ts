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
  const parsed = split(words, flags)
  const sorted: Sorted = {
    texts: new Map(),
    lists: new Map(),
    switches: new Map(),
    off: new Set(),
    problems: [],
  }
  for (const flag of flags) sortValue(flag, parsed[flag.flag], sorted)
  sorted.problems.push(...switchesWithValues(words, flags), ...unknownFlags(parsed, flags))
  const operands = sortWords(name, parsed._.map(String), sorted)
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
function split(words: readonly string[], flags: readonly Flag[]): ReturnType<typeof Parser> {
  const isSwitch = ({ declaration }: Flag): boolean => declaration.format.kind === 'switch'
  return Parser([...words], {
    alias: { ...HELP, ...Object.fromEntries(flags.map(({ flag, spellings }) => [flag, spellings.slice(1)])) },
    boolean: [...Object.keys(HELP), ...flags.filter(isSwitch).map(({ flag }) => flag)],
    string: flags.filter((flag) => !isSwitch(flag)).map(({ flag }) => flag),
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

function unknownFlags(parsed: object, flags: readonly Flag[]): Problem[] {
  const known = new Set([
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

/** Sorts the words that are no flags: a scenario's file, and the operands of `compare`, which are returned. */
function sortWords(
  name: CommandName,
  words: readonly string[],
  { texts, lists, problems }: Sorted,
): string[] {
  if (name === 'compare' || name === 'completion') return [...words]
  const stray: string[] = []
  for (const word of words)
    if (TAKES_SCENARIO.includes(name) && isScenarioFile(word) && !texts.has('scenario'))
      texts.set('scenario', word)
    else stray.push(word)
  // `-H Authorization: Bearer x` without quotes: what is stray is the rest of a header, and not to be quoted back.
  if (stray.length > 0 && lists.get('headers')?.some(isCutOff) === true)
    problems.push({
      option: 'headers',
      message: 'ends at a blank: put quotes around the line, as in -H "Name: value"',
    })
  else problems.push(...stray.map(strayWord))
  return []
}

const TAKES_SCENARIO: readonly CommandName[] = ['run', 'find', 'debug']

/** A header line that a value is missing from. */
const isCutOff = (line: string): boolean => /^[^:]+:\s*(bearer|basic|token)?$/i.test(line)

/** A word that can only be the scenario's file. */
const isScenarioFile = (word: string): boolean => /\.[cm]?[jt]s$/.test(word) && !/^https?:\/\//.test(word)

function strayWord(word: string): Problem {
  const shown = redactUrlText(word)
  const problem = (message: string): Problem => ({ option: shown, place: shown, message })
  if (/^https?:\/\//.test(word)) return problem(`is not an option; did you mean --url ${shown}?`)
  if (COMMANDS.includes(word as CommandName))
    return problem(`is not a command here; it comes first: corerush ${word} …`)
  const hint = didYouMean(word, COMMANDS)
  return problem(hint === '' ? 'is neither a command nor an option' : `is not a command${hint}`)
}
