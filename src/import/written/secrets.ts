/** Secrets of what is imported: variables of the environment in place of their values. */
import type { Names } from './names.ts'
import { environmentName } from './names.ts'
import { quote } from '../typescript.ts'
import type { Slot } from './template.ts'

export class Secrets {
  readonly #names: Names
  /** By value. */
  readonly #known = new Map<string, { readonly name: string; readonly slot: Slot; readonly where: string }>()

  constructor(names: Names) {
    this.#names = names
  }

  /** The variable of a secret; `words` name it, `where` says in a note where it is sent. */
  slot(value: string, words: string, where: string): Slot {
    let known = this.#known.get(value)
    if (known === undefined) {
      const base = environmentName(words)
      let name = base
      for (let n = 2; [...this.#known.values()].some((one) => one.name === name); n++) name = `${base}_${n}`
      const slot = { code: this.#names.take(name.toLowerCase(), 'secret'), isText: true }
      this.#known.set(value, (known = { name, slot, where }))
    }
    return known.slot
  }

  get isEmpty(): boolean {
    return this.#known.size === 0
  }

  get declarations(): string[] {
    return [...this.#known.values()].map(({ name, slot }) => `const ${slot.code} = secret(${quote(name)})`)
  }

  /** What a user has to set, a line each. */
  get notes(): string[] {
    return [...this.#known.values()].map(({ name, where }) => `set in the environment: ${name}, ${where}`)
  }
}
