/** The form that starts a run. */
import {
  FORM_FIELDS,
  type FormField,
  type FormProblem,
  type FormWords,
} from '../../output/web/web-messages.ts'
import { element } from '../parts/element.ts'

const WORDS: Readonly<Record<FormField, readonly [label: string, hint: string, sample: string]>> = {
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
  readonly #inputs: Readonly<Record<FormField, HTMLInputElement>>
  readonly #errors: Readonly<Record<FormField, HTMLElement>>
  readonly #others = element('ul', { class: 'problems', role: 'alert' })
  readonly #button = element('button', { class: 'primary' }, 'Start')

  constructor(start: Start) {
    const each = <T>(make: (field: FormField) => T): Record<FormField, T> =>
      Object.fromEntries(FORM_FIELDS.map((field) => [field, make(field)])) as Record<FormField, T>
    this.#inputs = each((field) =>
      element('input', {
        id: `field-${field}`,
        name: field,
        placeholder: WORDS[field][2],
        autocomplete: 'off',
        spellcheck: 'false',
        'aria-describedby': `hint-${field} error-${field}`,
      }),
    )
    this.#errors = each((field) => element('p', { class: 'error', id: `error-${field}` }))
    const form = element(
      'form',
      { novalidate: '' },
      ...FORM_FIELDS.map((field) =>
        element(
          'div',
          { class: `field ${field}` },
          element('label', { for: `field-${field}` }, WORDS[field][0]),
          this.#inputs[field],
          element('p', { class: 'note', id: `hint-${field}` }, WORDS[field][1]),
          this.#errors[field],
        ),
      ),
      this.#others,
      this.#button,
    )
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

  /** Fills in the current options, except where the reader has typed. */
  fill(words: FormWords): void {
    for (const field of FORM_FIELDS) this.#inputs[field].value ||= words[field] ?? ''
  }

  async #submit(start: Start): Promise<void> {
    this.#button.disabled = true
    const words = Object.fromEntries(FORM_FIELDS.map((field) => [field, this.#inputs[field].value]))
    const problems = await start(words)
    this.#button.disabled = false
    const of = (field: FormField | null): string[] =>
      problems.filter((one) => one.field === field).map(({ message }) => message)
    for (const field of FORM_FIELDS) {
      const messages = of(field)
      this.#errors[field].textContent = messages.join('; ')
      this.#inputs[field].setAttribute('aria-invalid', String(messages.length > 0))
    }
    this.#others.replaceChildren(...of(null).map((message) => element('li', {}, message)))
    FORM_FIELDS.map((field) => this.#inputs[field])
      .find((input) => input.getAttribute('aria-invalid') === 'true')
      ?.focus()
  }
}
