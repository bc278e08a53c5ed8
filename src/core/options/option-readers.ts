/** Reads single options: each is parsed, checked against its rule, and every problem is noted with the value. */
import type { Options, Problem } from './options.ts'
import { parseDurationS, parseNumber, type Parsed } from '../units.ts'

/** Notes a problem, of the option's value number `at` where it has several; null, so that a reader can end with it. */
export type Wrong = (option: string, message: string, at?: number) => null

/** A value as it is quoted in a message. */
export const show = (raw: unknown): string =>
  typeof raw === 'string' ? (raw === '' ? 'nothing' : `"${raw}"`) : String(raw)

/** The readers for one set of options; null means absent or wrong. */
export interface Readers {
  readonly wrong: Wrong
  readonly read: <T>(
    option: keyof Options,
    parse: (raw: never) => Parsed<T>,
    rule?: (value: T) => string | null,
  ) => T | null
  readonly count: (option: keyof Options, most: number) => number | null
  readonly duration: (option: keyof Options, least: 'above 0' | 'at least 0') => number | null
  readonly flag: (option: keyof Options) => boolean | null
}

const LONGEST_S = 30 * 86_400

/** A word that is one of these. */
export const oneOf =
  <T extends string>(...values: readonly T[]) =>
  (raw: unknown): Parsed<T> =>
    values.includes(raw as T) ? { value: raw as T } : { problem: `must be ${values.join(' or ')}` }

export function readersOf(options: Options, problems: Problem[]): Readers {
  const wrong: Wrong = (option, message, at) => {
    problems.push({ option, message, ...(at === undefined ? {} : { at }) })
    return null
  }
  const read: Readers['read'] = (option, parse, rule) => {
    const raw = options[option]
    if (raw === undefined) return null
    if (typeof raw !== 'string' && typeof raw !== 'number')
      return wrong(option, `must be text or a number, got ${show(raw)}`)
    const parsed = parse(raw as never)
    if ('problem' in parsed) return wrong(option, `${parsed.problem}, got ${show(raw)}`)
    const broken = rule?.(parsed.value) ?? null
    return broken === null ? parsed.value : wrong(option, `${broken}, got ${show(raw)}`)
  }
  return {
    wrong,
    read,
    count: (option, most) =>
      read<number>(option, parseNumber, (n) =>
        Number.isInteger(n) && n >= 1 && n <= most ? null : `must be a whole number from 1 to ${most}`,
      ),
    duration: (option, least) =>
      read<number>(option, parseDurationS, (s) =>
        s > LONGEST_S
          ? 'must be at most 30d'
          : least === 'above 0' && s === 0
            ? 'must be longer than 0'
            : null,
      ),
    flag: (option) => {
      const raw: unknown = options[option]
      if (raw === undefined) return null
      return typeof raw === 'boolean' ? raw : wrong(option, `must be true or false, got ${show(raw)}`)
    },
  }
}
