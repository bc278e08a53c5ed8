/** Flags that users bring from other load generators, each with corerush's word for it. */
import type { TextName } from './flags.ts'

interface ForeignFlag {
  readonly spellings: readonly string[]
  readonly kind: 'text' | 'switch'
  /** What is wrong with it, and what to use instead. */
  readonly message: string
  /** The option that it would set: the rest of the command line is checked as if it did. */
  readonly option?: TextName
}

export const FOREIGN_FLAGS: readonly ForeignFlag[] = [
  {
    spellings: ['f', 'locustfile'],
    kind: 'text',
    message: "is Locust's: the scenario file is a word of its own, as in corerush scenario.ts",
    option: 'scenario',
  },
  {
    spellings: ['t', 'run-time'],
    kind: 'text',
    message: "is Locust's: use --duration (-d) for the length of the load, --workers (-w) for threads",
    option: 'duration',
  },
  {
    spellings: ['host'],
    kind: 'text',
    message: "is Locust's: use --url",
    option: 'url',
  },
  {
    spellings: ['processes'],
    kind: 'text',
    message: "is Locust's: use --workers (-w); by default there is one per usable core",
    option: 'workers',
  },
  {
    spellings: ['headless'],
    kind: 'switch',
    message: "is Locust's: leave it out, as corerush serves a page only with --web",
  },
  { spellings: ['csv'], kind: 'text', message: "is Locust's: use --out csv=PREFIX" },
  { spellings: ['html'], kind: 'text', message: "is Locust's: use --out html=PATH" },
  {
    spellings: ['l', 'list'],
    kind: 'switch',
    message: "is Locust's: use --dry-run, which prints the tasks of a scenario with the plan",
  },
]

/** A scenario in another language. */
export const isForeignScenario = (word: string): boolean => /\.(?:py|lua|jmx|scala)$/i.test(word)

export const FOREIGN_SCENARIO =
  'is not a scenario of corerush, which is a TypeScript or JavaScript file: corerush import makes one of a locustfile, see docs/IMPORT.md'
