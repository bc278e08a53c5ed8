/** The help of every command, rendered by yargs from the declarations of the flags, and completion in a shell. */
import yargs from 'yargs'
import { describe, flagOf, isOn, usual, type Declarations } from '../core/options/declaration.ts'
import { FLAG_GROUPS, flagsOf, type CommandName } from './flags.ts'

interface Words {
  readonly usage: string
  /** What it does, in the list of commands and as its own headline. */
  readonly does: string
  readonly summary: string
}

export const COMMAND_WORDS: Readonly<Record<CommandName, Words>> = {
  run: {
    usage: 'corerush [URL | scenario.ts] [options]',
    does: 'load a target',
    summary:
      'Loads an HTTP server from every core of this machine, and says whether its own figures can be trusted.',
  },
  find: {
    usage: 'corerush find [scenario.ts] --rate A..B [options]',
    does: 'find the highest load that a target holds',
    summary:
      'Finds the highest rate, or the most users, at which the thresholds hold: an interval, or "at least" where the generator ended first. Takes the options of a run as well.',
  },
  target: {
    usage: 'corerush target [options]',
    does: 'serve the embedded target',
    summary: 'Serves the embedded target: an HTTP server of known latency on loopback.',
  },
  doctor: {
    usage: 'corerush doctor [options]',
    does: 'show the limits of this host, and measure what it can generate',
    summary:
      'Shows the limits of this host, measures what it can generate soundly, and keeps that for later runs.',
  },
  compare: {
    usage: 'corerush compare BASELINE CURRENT [options]',
    does: 'compare stored runs with others',
    summary:
      "Says whether stored runs are worse than others: regressed, no regression, or can't tell. Exit code 98 if regressed.",
  },
  history: {
    usage: 'corerush history [options]',
    does: 'show kept runs of the same plan over time',
    summary:
      'Shows the runs that --keep has kept, by plan: commit, verdict, rate and latencies, and where they have changed.',
  },
  debug: {
    usage: 'corerush debug scenario.ts [options]',
    does: 'let one user do every task of a scenario once, and show every step',
    summary:
      'Lets one user do every task once, and shows every request, response and error. Exit code 99 if anything failed.',
  },
  import: {
    usage: 'corerush import FILE|- [options]',
    does: 'turn a locustfile, curl, HAR, Postman, OpenAPI or a log into what corerush runs',
    summary:
      'Turns what you have into a scenario, a targets file or a command: locustfiles, curl commands, recordings of a browser (HAR), Postman collections, OpenAPI documents, access logs. What cannot be translated is named. See docs/IMPORT.md.',
  },
  agent: {
    usage: 'corerush agent --nats URL --allow-host HOST [options]',
    does: 'carry parts of runs on this host, for corerush --agents elsewhere',
    summary:
      'Waits on this host for runs with --agents, and carries its part of one at a time with all its workers. See docs/HOSTS.md.',
  },
  agents: {
    usage: 'corerush agents --nats URL [options]',
    does: 'list the agents that wait for runs',
    summary: 'Lists the agents of a realm: name, version, cores, state and what each accepts.',
  },
  init: {
    usage: 'corerush init [options]',
    does: 'write a config, a scenario and npm scripts to begin with',
    summary:
      'Writes corerush.config.yaml, load.ts and the scripts load, load:smoke and load:debug of package.json. Overwrites nothing; asks for the target on a terminal.',
  },
  completion: {
    usage: 'corerush completion [bash|zsh|fish]',
    does: 'print a script that completes commands and flags in a shell',
    summary:
      'Prints a script that completes commands, flags and their values; without a name, for the shell of $SHELL. For bash: corerush completion bash >> ~/.bashrc',
  },
}

/** Commands to begin with, and what they do. */
export const EXAMPLES = [
  ['corerush http://127.0.0.1:8080/ --users 550', '550 users, as fast as they can, for 10 s'],
  [
    'corerush http://… -u 550 --wait 0.9s-1.1s -d 1m -H "Content-Type: application/xml" -b @body.xml',
    'paced users posting a file',
  ],
  ['corerush http://… --stage 30s:1000/s --stage 1m:1000/s', 'arrivals that ramp up and hold'],
] as const

/** Exit codes, and what they mean. */
export const EXIT_WORDS = [
  [0, 'good'],
  [1, 'unexpected'],
  [2, 'usage'],
  [97, 'void'],
  [98, 'regression'],
  [99, 'thresholds failed'],
  [130, 'interrupted'],
  [143, 'terminated'],
  [129, 'hung up'],
] as const

const UNITS = `Counts take k and M, durations ms, s, m and h, rates /s, /m and /h; all are totals over all cores. Exit codes: ${EXIT_WORDS.map(([code, word]) => `${code} ${word}`).join(' · ')}`

/** The shells that completion is for. */
export const SHELLS: readonly string[] = ['bash', 'zsh', 'fish']

/** The help of a command, ready to print. */
export const renderHelp = (name: CommandName, columns: number): Promise<string> =>
  renderer(name, false).wrap(Math.min(110, columns)).getHelp()

/** Prints the script by which a shell completes `corerush`; for the shell of `$SHELL` if none is named. */
export function printCompletionScript(shell: string | undefined): void {
  // yargs writes for the shell that it finds here.
  if (shell !== undefined) process.env['SHELL'] = shell
  renderer('run', false).showCompletionScript()
}

/** What can follow the words that are typed so far, beginning with `corerush`; the last one may be unfinished. */
export async function completionsOf(words: readonly string[]): Promise<readonly string[]> {
  // yargs answers in the form of the shell that it finds here, which need not be the one that asks: only zsh sets COMP_LINE.
  const shell = process.env['SHELL'] ?? ''
  process.env['SHELL'] = 'COMP_LINE' in process.env ? 'zsh' : shell.endsWith('fish') ? 'fish' : 'bash'
  const [, first = ''] = words
  const [before, current] = [words.at(-2) ?? '', words.at(-1) ?? '']
  const name = words.length > 2 && first in FLAG_GROUPS ? (first as CommandName) : 'run'
  if (words.length === 3 && name === 'completion') return SHELLS
  const isFirst = words.length <= 2
  // Otherwise the shell completes names of files.
  if (!isFirst && !current.startsWith('-') && !hasChoices(name, before)) return []
  const found = await renderer(name, true).getCompletion([...words])
  // yargs offers the letter of `-n` as `--n` too.
  return found.filter((word) => !/^--.(?:[:\t]|$)/.test(word))
}

/** Whether a word is a flag whose values can be listed. */
function hasChoices(command: CommandName, word: string): boolean {
  if (!word.startsWith('-')) return false
  const spelling = word.replace(/^--?/, '')
  return Object.entries(flagsOf(command)).some(([option, declaration]) => {
    const { format, alias = [] } = declaration
    const isMeant = flagOf(option, declaration) === spelling || alias.includes(spelling)
    return isMeant && format.choices.length > 0
  })
}

function renderer(name: CommandName, hasChoices: boolean): ReturnType<typeof yargs> {
  const { usage, summary } = COMMAND_WORDS[name]
  let parser = yargs([])
    .scriptName('corerush')
    .locale('en')
    .exitProcess(false)
    .fail(false)
    // Else it does not complete `--no-`.
    .parserConfiguration({ 'boolean-negation': true })
    .help(false)
    .version(false)
    .usage(`${usage}\n\n${summary}`)
  if (name === 'run') {
    for (const [command, { does }] of Object.entries(COMMAND_WORDS))
      if (command !== 'run') parser = parser.command(command, does)
    for (const [line, does] of EXAMPLES) parser = parser.example(line, does)
    parser = parser.epilogue(UNITS)
  }
  const groups: Readonly<Record<string, Declarations>> = FLAG_GROUPS[name]
  for (const [group, declarations] of Object.entries(groups))
    for (const [option, declaration] of Object.entries(declarations)) {
      const flag = flagOf(option, declaration)
      if (flag === null) continue
      const { alias = [], format } = declaration
      const usually = usual(declaration)
      parser = parser.option(flag, {
        alias: [...alias],
        ...(format.kind === 'switch' ? { type: 'boolean' } : {}),
        describe: `${describe(declaration)}${format.kind === 'list' ? '; may be repeated' : ''}`,
        group: `${group}:`,
        ...(hasChoices && format.choices.length > 0 ? { choices: format.choices } : {}),
        ...(usually === null ? {} : { defaultDescription: usually }),
        // Its `--no-` form is completed as well.
        ...(isOn(declaration) ? { default: true } : {}),
      })
    }
  return parser
    .option('help', { alias: 'h', type: 'boolean', describe: 'show this' })
    .option('version', { alias: 'V', type: 'boolean', describe: 'show the version' })
}
