/** The form that starts a run. */
import {
  FORM_FIELDS,
  optionField,
  type FormField,
  type FormOption,
  type FormProblem,
  type FormWords,
} from '../../output/web/web-messages.ts'
import { element } from '../parts/element.ts'

type Words = readonly [label: string, hint: string, sample: string]

const WORDS: Readonly<Record<(typeof FORM_FIELDS)[number], Words>> = {
  url: ['URL', 'the target of the requests', 'http://127.0.0.1:8080/'],
  users: ['Users', 'concurrent users, each with its own connection', '1'],
  spawnRate: ['Spawn rate', 'users started per second', ''],
  wait: ['Wait', 'pause between iterations: 1s, 0.9s-1.1s, pacing:1s, throughput:2', 'none'],
  rate: ['Rate', 'instead of users: iterations started per second, such as 1000/s', ''],
  duration: ['Duration', 'such as 30s, 5m, 1h30m', '10s'],
}

/** Starts a run; resolves to the problems of the form, if any. */
export type Start = (words: FormWords) => Promise<readonly FormProblem[]>

export class StartForm {
  readonly root: HTMLDetailsElement
  readonly #form: HTMLFormElement
  readonly #fields = new Map<FormField, { readonly input: HTMLInputElement; readonly error: HTMLElement }>()
  readonly #others = element('ul', { class: 'problems', role: 'alert' })
  readonly #button = element('button', { class: 'primary' }, 'Start')

  constructor(start: Start) {
    const form = element('form', { novalidate: '' }, this.#others, this.#button)
    this.#form = form
    for (const field of FORM_FIELDS) this.#add(field, WORDS[field])
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      void this.#submit(start)
    })
    this.root = element(
      'details',
      { id: 'start', open: '' },
      element('summary', {}, element('h2', {}, 'Start a run')),
      form,
    )
  }

  /** Adds a field before the buttons. */
  #add(field: FormField, [label, hint, sample]: Words): void {
    const input = element('input', {
      id: `field-${field}`,
      name: field,
      placeholder: sample,
      autocomplete: 'off',
      spellcheck: 'false',
      'aria-describedby': `hint-${field} error-${field}`,
    })
    const error = element('p', { class: 'error', id: `error-${field}` })
    this.#fields.set(field, { input, error })
    this.#form.insertBefore(
      element(
        'div',
        { class: `field ${field}` },
        element('label', { for: `field-${field}` }, label),
        input,
        element('p', { class: 'note', id: `hint-${field}` }, hint),
        error,
      ),
      this.#others,
    )
  }

  /** Fills in the current options, except where the reader has typed; those of the scenario file have fields of their own. */
  fill(words: FormWords, options: readonly FormOption[]): void {
    for (const option of options)
      if (!this.#fields.has(optionField(option)))
        this.#add(optionField(option), [option.name, option.description, option.sample])
    for (const [field, { input }] of this.#fields) input.value ||= words[field] ?? ''
  }

  async #submit(start: Start): Promise<void> {
    this.#button.disabled = true
    const words = Object.fromEntries([...this.#fields].map(([field, { input }]) => [field, input.value]))
    const problems = await start(words)
    this.#button.disabled = false
    const of = (field: FormField | null): string[] =>
      problems.filter((one) => one.field === field).map(({ message }) => message)
    for (const [field, { input, error }] of this.#fields) {
      const messages = of(field)
      error.textContent = messages.join('; ')
      input.setAttribute('aria-invalid', String(messages.length > 0))
    }
    this.#others.replaceChildren(...of(null).map((message) => element('li', {}, message)))
    const inputs = [...this.#fields.values()].map(({ input }) => input)
    inputs.find((input) => input.getAttribute('aria-invalid') === 'true')?.focus()
  }
}
