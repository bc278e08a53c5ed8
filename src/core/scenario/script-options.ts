/** The options of a scenario file: how they are declared, and how `--set NAME=VALUE` is read. */
import { parseNumber, type Parsed } from '../units.ts'
import { didYouMean } from '../suggest.ts'
import { isSecretName, MASK } from '../request/secret-name.ts'

export type OptionValue = string | number | boolean
export const OPTION_NAME = /^[A-Za-z_]\w{0,63}$/

/** An option as the file declares it. */
export interface ScriptOption {
  readonly name: string
  readonly default: OptionValue
  readonly description: string
  /** The values there are; `null` for any of its type. */
  readonly choices: readonly OptionValue[] | null
  readonly isSecret: boolean
}

/** An option with its value in this run. */
export interface ScriptOptionPlan extends ScriptOption {
  readonly value: OptionValue
}

/** A value that cannot be set. */
export interface SetProblem {
  readonly option: 'set'
  readonly message: string
}

/** The texts of `--set`, or what a program gives. */
export type GivenOptions = string | readonly string[] | Readonly<Record<string, OptionValue>> | undefined

/** Splits `NAME=VALUE` at the first sign; the last value of a name counts. */
export function givenValues(given: GivenOptions): Parsed<ReadonlyMap<string, OptionValue>> {
  const values = new Map<string, OptionValue>()
  if (given === undefined) return { value: values }
  if (typeof given === 'object' && !Array.isArray(given)) return { value: new Map(Object.entries(given)) }
  for (const text of [given].flat() as readonly unknown[]) {
    const sign = typeof text === 'string' ? text.indexOf('=') : -1
    if (sign < 1) return { problem: 'must be NAME=VALUE' }
    values.set((text as string).slice(0, sign).trim(), (text as string).slice(sign + 1))
  }
  return { value: values }
}

/** The value of an option; a text is read by the type of the default. */
export function readOption(option: ScriptOption, given: OptionValue | undefined): Parsed<OptionValue> {
  if (given === undefined) return { value: option.default }
  const read = ofType(given, typeof option.default as 'string' | 'number' | 'boolean')
  if ('problem' in read || option.choices === null || option.choices.includes(read.value)) return read
  return { problem: `must be ${option.choices.join(' or ')}` }
}

function ofType(given: OptionValue, type: 'string' | 'number' | 'boolean'): Parsed<OptionValue> {
  if (type === 'string') return { value: String(given) }
  if (type === 'boolean')
    return given === true || given === 'true'
      ? { value: true }
      : given === false || given === 'false'
        ? { value: false }
        : { problem: 'must be true or false' }
  const number = typeof given === 'number' ? { value: given } : parseNumber(String(given))
  return 'value' in number && Number.isFinite(number.value) ? number : { problem: 'must be a number' }
}

/** What is wrong with the values given for these options: unknown names, values of another type. Secrets are not quoted. */
export function optionProblems(
  options: readonly ScriptOption[],
  given: ReadonlyMap<string, OptionValue>,
): SetProblem[] {
  const names = options.map(({ name }) => name)
  const known = names.length === 0 ? '; it has none' : `; it has ${names.join(', ')}`
  return [...given].flatMap(([name, value]): SetProblem[] => {
    const option = options.find((one) => one.name === name)
    if (option === undefined)
      return [
        {
          option: 'set',
          message: `${name} is not an option of the scenario file${didYouMean(name, names) || known}`,
        },
      ]
    const read = readOption(option, value)
    if ('value' in read) return []
    const got = option.isSecret ? '' : `, got ${JSON.stringify(value)}`
    return [{ option: 'set', message: `${name} ${read.problem}${got}` }]
  })
}

/** Whether the value must not be shown: the file says so, or the name does. */
export const isSecretOption = ({ name, isSecret }: Pick<ScriptOption, 'name' | 'isSecret'>): boolean =>
  isSecret || isSecretName(name)

/** The option as it may be shown. */
export const shownOption = <O extends ScriptOptionPlan>(option: O): O =>
  isSecretOption(option) ? { ...option, value: MASK, default: option.default === '' ? '' : MASK } : option
