/** The variables of a collection, and texts that have them: `{{name}}`. */
import { isSecretName } from '../../core/request/secret-name.ts'
import { listOf, objectOf, textOf, type Json } from '../json.ts'
import { property, quote } from '../typescript.ts'
import type { Names } from '../written/names.ts'
import type { Slot, Template } from '../written/template.ts'

/** Values that Postman makes anew for each request. */
const DYNAMIC: Readonly<Record<string, { code: string; isText: boolean; uses: readonly string[] }>> = {
  $guid: { code: 'randomUUID()', isText: true, uses: ['randomUUID'] },
  $randomUUID: { code: 'randomUUID()', isText: true, uses: ['randomUUID'] },
  $timestamp: { code: 'Math.floor(Date.now() / 1000)', isText: false, uses: [] },
  $isoTimestamp: { code: 'new Date().toISOString()', isText: true, uses: [] },
  $randomInt: { code: 'random.int(0, 1000)', isText: false, uses: ['random'] },
  $randomBoolean: { code: 'random() < 0.5', isText: false, uses: ['random'] },
}

interface Known {
  /** The name of the option, and of the variable that has its value. */
  readonly name: string
  readonly value: string
  isUsed: boolean
}

export class Variables {
  readonly #names: Names
  readonly #known = new Map<string, Known>()
  /** Variables that scripts set, which each user has its own of. */
  readonly #set = new Set<string>()
  readonly uses = new Set<string>()
  /** Values that have no counterpart. */
  readonly unknown = new Set<string>()

  constructor(collection: Json, names: Names) {
    this.#names = names
    for (const one of listOf(objectOf(collection)['variable'])) {
      const { key, value, disabled } = objectOf(one)
      if (typeof key !== 'string' || disabled === true) continue
      const text =
        typeof value === 'string' ? value : value === null || value === undefined ? '' : JSON.stringify(value)
      this.#known.set(key, { name: names.take(key, 'variable'), value: text, isUsed: false })
    }
  }

  /** Notes that a script sets the variable. */
  set(key: string): string {
    this.#set.add(key)
    return this.#of(key).name
  }

  /** The recorded value, with the variables in it replaced; empty if it has none. */
  valueOf(key: string): string {
    const replace = (text: string, depth: number): string =>
      depth > 5
        ? text
        : text.replace(/\{\{([^{}]+)\}\}/g, (whole, inner: string) => {
            const found = this.#known.get(inner.trim())
            return found === undefined ? whole : replace(found.value, depth + 1)
          })
    return replace(this.#known.get(key)?.value ?? '', 0)
  }

  /** The text with the values of variables in it. */
  template(text: string): Template {
    return text.split(/\{\{([^{}]+)\}\}/).map((part, i) => (i % 2 === 0 ? part : this.slot(part.trim())))
  }

  slot(key: string): Slot {
    const dynamic = Object.hasOwn(DYNAMIC, key) ? DYNAMIC[key] : undefined
    if (dynamic !== undefined) {
      for (const name of dynamic.uses) this.uses.add(name)
      return { code: dynamic.code, isText: dynamic.isText }
    }
    if (key.startsWith('$')) {
      this.unknown.add(key)
      return { code: quote(key), isText: true }
    }
    const found = this.#of(key)
    found.isUsed = true
    if (!this.#set.has(key)) return { code: found.name, isText: true }
    this.uses.add('state').add('found')
    return { code: `found(state.${found.name}, ${quote(key)})`, isText: true }
  }

  #of(key: string): Known {
    let found = this.#known.get(key)
    if (found === undefined)
      this.#known.set(key, (found = { name: this.#names.take(key, 'variable'), value: '', isUsed: false }))
    return found
  }

  /** The options that a user can set, and the statements that take their values. */
  declarations(urls: ReadonlySet<string>): string[] {
    const own = [...this.#known].filter(([key, { isUsed }]) => isUsed && !this.#set.has(key))
    if (own.length === 0) return []
    this.uses.add('options').add('given')
    const fields = own.map(([key, { name }]) => {
      const value = this.valueOf(key)
      if (isSecretName(key)) return `${name}: { default: '', secret: true }`
      const isHost = urls.has(key) && value !== '' && !/^[a-z][a-z\d+.-]*:\/\//i.test(value)
      return `${property(name)}: ${quote(isHost ? `http://${value}` : value)}`
    })
    return [
      `const variables = options({ ${fields.join(', ')} })`,
      ...own.map(([, { name }]) => `const ${name} = given(${quote(name)}, variables.${name})`),
    ]
  }

  /** Variables without a value in the collection: a user has to set them. */
  get missing(): string[] {
    return [...this.#known].flatMap(([key, { name, isUsed }]) =>
      isUsed && !this.#set.has(key) && (this.valueOf(key) === '' || isSecretName(key)) ? [name] : [],
    )
  }

  /** The state of a user, with the variables that scripts set; `null` if they set none. */
  get state(): string | null {
    if (this.#set.size === 0) return null
    const fields = [...this.#set].map((key) => {
      const value = this.valueOf(key)
      const { name } = this.#of(key)
      return `${name}: ${value === '' || isSecretName(key) ? 'undefined' : quote(value)} as string | undefined`
    })
    return `{ ${fields.join(', ')} }`
  }
}

/** The text of a value that can be text or nothing. */
export const valueText = (value: unknown): string =>
  textOf(value) ?? (typeof value === 'number' || typeof value === 'boolean' ? String(value) : '')
