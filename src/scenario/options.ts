/** The options of a scenario file: declared when it is loaded, their values set by `--set NAME=VALUE`. */
import {
  OPTION_NAME,
  readOption,
  type OptionValue,
  type ScriptOption,
  type ScriptOptionPlan,
} from '../core/scenario/script-options.ts'
import { didYouMean } from '../core/suggest.ts'
import { described, isRecord } from './value.ts'

/** An option with more than its default. */
export interface OptionDeclaration<T extends OptionValue = OptionValue> {
  /** Its value if nothing sets it; its type is the type of the option. */
  readonly default: T
  /** What it means, in one sentence: the form of the live page shows it. */
  readonly description?: string | undefined
  /** The only values that it can have. @default any of its type */
  readonly choices?: readonly T[] | undefined
  /** Whether outputs mask it. @default whether its name says so */
  readonly secret?: boolean | undefined
}

export type Declared = Readonly<Record<string, OptionValue | OptionDeclaration>>

type Widened<T> = T extends string ? string : T extends number ? number : T extends boolean ? boolean : never

/** The values of declared options, with the types of their defaults or choices. */
export type OptionValues<D extends Declared> = {
  readonly [N in keyof D]: D[N] extends { readonly choices: readonly (infer C)[] }
    ? C
    : D[N] extends { readonly default: infer T }
      ? Widened<T>
      : Widened<D[N]>
}

const FIELDS = ['default', 'description', 'choices', 'secret']

/** The options that a file declares, and the values that they are given. */
export class ScriptOptions {
  readonly #given: ReadonlyMap<string, OptionValue>
  readonly #declared = new Map<string, ScriptOption>()
  /** The file is loaded: no further option can be declared. */
  isLoaded = false

  constructor(given: ReadonlyMap<string, OptionValue> = new Map()) {
    this.#given = given
  }

  get declared(): readonly ScriptOption[] {
    return [...this.#declared.values()]
  }

  /** The options with their values; those of another type than they should have have their defaults. */
  get plans(): readonly ScriptOptionPlan[] {
    return this.declared.map((option) => ({ ...option, value: this.#valueOf(option) }))
  }

  readonly declare = <const D extends Declared>(declarations: D): OptionValues<D> => {
    if (this.isLoaded) throw new TypeError('options are declared when the file is loaded, not by a task')
    const given: unknown = declarations
    if (typeof given !== 'object' || given === null || !isRecord(given))
      throw new TypeError(`options needs an object such as { items: 10 }, got ${described(given)}`)
    const values = Object.entries(declarations).map(([name, declaration]) => {
      const option = read(name, declaration)
      if (this.#declared.has(name)) throw new TypeError(`the option ${name} is declared twice`)
      this.#declared.set(name, option)
      return [name, this.#valueOf(option)] as const
    })
    return Object.freeze(Object.fromEntries(values)) as OptionValues<D>
  }

  #valueOf(option: ScriptOption): OptionValue {
    const value = readOption(option, this.#given.get(option.name))
    return 'value' in value ? value.value : option.default
  }
}

function read(name: string, given: unknown): ScriptOption {
  if (!OPTION_NAME.test(name))
    throw new TypeError(`an option needs a name of letters, digits and _, got ${described(name)}`)
  if (isValue(given)) return { name, default: given, description: '', choices: null, isSecret: false }
  if (typeof given !== 'object' || given === null || !isRecord(given))
    throw new TypeError(
      `the option ${name} must be a text, a number, true or false, or have a default, got ${described(given)}`,
    )
  for (const field of Object.keys(given))
    if (!FIELDS.includes(field))
      throw new TypeError(`${field} is not a field of the option ${name}${didYouMean(field, FIELDS)}`)
  const { default: usual, description = '', choices, secret = false } = given as Record<string, unknown>
  if (!isValue(usual))
    throw new TypeError(
      `the default of the option ${name} must be a text, a number, true or false, got ${described(usual)}`,
    )
  if (typeof description !== 'string')
    throw new TypeError(`the description of the option ${name} must be a text`)
  if (typeof secret !== 'boolean') throw new TypeError(`secret of the option ${name} must be true or false`)
  return { name, default: usual, description, choices: choicesOf(name, usual, choices), isSecret: secret }
}

function choicesOf(name: string, usual: OptionValue, choices: unknown): readonly OptionValue[] | null {
  if (choices === undefined) return null
  if (!Array.isArray(choices) || !choices.every((one) => typeof one === typeof usual))
    throw new TypeError(`the choices of the option ${name} must be a list of values like its default`)
  if (!choices.includes(usual))
    throw new TypeError(`the default of the option ${name} must be one of its choices`)
  return choices as OptionValue[]
}

const isValue = (value: unknown): value is OptionValue =>
  typeof value === 'string' ||
  typeof value === 'boolean' ||
  (typeof value === 'number' && Number.isFinite(value))

/**
 * Declares options of the scenario file, which `--set NAME=VALUE` sets: `const { items } = options({ items: 10 })`. In a
 * scenario file that is run, it is another one, that knows the values of the run.
 */
export const options = new ScriptOptions().declare
