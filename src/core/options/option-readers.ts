/** Reads single options by their declarations, and notes every problem with the value. */
import { cut } from '../cut.ts'
import type { Parsed } from '../units.ts'
import { hasFallback } from './declaration.ts'
import { DECLARATIONS, type OptionValue, type Planned, type ReadOption } from './declarations.ts'
import type { ReadFormat } from './format.ts'
import type { Options, PlannedOptions } from './options.ts'
import type { Problem } from './problem.ts'

/** Notes a problem, of the option's value number `at` if it has several; returns `null`, so that a reader can end with it. */
export type Wrong = (option: string, message: string, at?: number) => null

/** A value as it is quoted in a message. */
export function show(raw: unknown): string {
  if (raw === '') return 'nothing'
  const text = cut(typeof raw === 'string' ? raw : String(raw))
  return typeof raw === 'string' ? `"${text}"` : text
}

/** The readers for one set of options; `null` if the option is absent or wrong. */
export interface Readers {
  readonly wrong: Wrong
  /** Reads an option as its declaration says. */
  readonly value: <N extends ReadOption>(option: N) => OptionValue<N> | null
  /** Reads an option whose declaration does not say how. */
  readonly read: <T>(option: keyof Options, parse: (raw: string | number) => Parsed<T>) => T | null
}

export function readersOf(options: Options, problems: Problem[]): Readers {
  const wrong: Wrong = (option, message, at) => {
    problems.push({ option, message, ...(at === undefined ? {} : { at }) })
    return null
  }
  const ended = <T>(option: string, raw: unknown, parsed: Parsed<T>): T | null =>
    'value' in parsed ? parsed.value : wrong(option, `${parsed.problem}, got ${show(raw)}`)
  return {
    wrong,
    value<N extends ReadOption>(option: N) {
      const raw: unknown = options[option as keyof Options]
      if (raw === undefined) return null
      const format = DECLARATIONS[option].format as ReadFormat<OptionValue<N>>
      if (format.kind !== 'switch' && typeof raw !== 'string' && typeof raw !== 'number')
        return wrong(option, `must be text or a number, got ${show(raw)}`)
      return ended(option, raw, format.parse(raw as string | number | boolean))
    },
    read(option, parse) {
      const raw: unknown = options[option]
      if (raw === undefined) return null
      if (typeof raw !== 'string' && typeof raw !== 'number')
        return wrong(option, `must be text or a number, got ${show(raw)}`)
      return ended(option, raw, parse(raw))
    },
  }
}

/** The values that the plan holds as they are read, each with its default. */
export function readPlanned({ value }: Readers): Planned {
  const planned: Record<string, unknown> = {}
  for (const [name, declaration] of Object.entries(DECLARATIONS)) {
    if (!('planned' in declaration)) continue
    const { format } = declaration
    const read: unknown = value(name as ReadOption)
    planned[declaration.planned] = read ?? (hasFallback(format) ? format.fallback : null)
  }
  return planned as Planned
}

/** What the plan holds of the options if none is set. */
export const PLANNED_DEFAULTS: PlannedOptions = readPlanned(readersOf({}, []))
