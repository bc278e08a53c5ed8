/** The form that starts a run. */
import {
  FORM_FIELDS,
  optionField,
  type FormField,
  type FormProblem,
  type FormWords,
  type PageState,
} from '../../output/web/web-messages.ts'
import { element } from '../parts/element.ts'

interface Words {
  readonly label: string
  readonly hint: string
  /** The value without a word. */
  readonly sample: string
  /** What can be chosen, and what each says of itself; a text is written where it is absent. */
  readonly choices?: readonly (readonly [value: string, says: string])[]
}

type TextField = Exclude<(typeof FORM_FIELDS)[number], 'scenarios' | 'tags' | 'excludeTags'>

const WORDS: Readonly<Record<TextField, Words>> = {
  url: { label: 'URL', hint: 'the target of the requests', sample: 'http://127.0.0.1:8080/' },
  users: { label: 'Users', hint: 'concurrent users, each with its own connection', sample: '1' },
  spawnRate: { label: 'Spawn rate', hint: 'users started per second', sample: '' },
  wait: {
    label: 'Wait',
    hint: 'pause between iterations: 1s, 0.9s-1.1s, pacing:1s, throughput:2',
    sample: 'none',
  },
  rate: {
    label: 'Rate',
    hint: 'instead of users: iterations started per second, such as 1000/s',
    sample: '',
  },
  duration: { label: 'Duration', hint: 'such as 30s, 5m, 1h30m', sample: 'until it is stopped' },
}

/** Starts a run; resolves to the problems of the form, if any. */
export type Start = (words: FormWords) => Promise<readonly FormProblem[]>

/** A field of the form. */
interface Field {
  /** What has the words; the first one is focused. */
  readonly inputs: readonly HTMLInputElement[]
  readonly error: HTMLElement
  /** Whether the reader has changed it since it was filled in. */
  isTouched: boolean
  /** The word that it was filled in with. */
  word: string
}

export class StartForm {
  readonly root: HTMLDetailsElement
  readonly #form: HTMLFormElement
  readonly #title = element('h2', {}, 'Start a run')
  readonly #fields = new Map<FormField, Field>()
  readonly #others = element('ul', { class: 'problems', role: 'alert' })
  readonly #button = element('button', { class: 'primary' }, 'Start')

  constructor(start: Start) {
    const form = element('form', { novalidate: '' }, this.#others, this.#button)
    this.#form = form
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      void this.#submit(start)
    })
    this.root = element('details', { id: 'start', open: '' }, element('summary', {}, this.#title), form)
  }

  /** Fills in the current options, except where the reader has changed a field, even to nothing. */
  fill(words: FormWords, { options = [], file }: Pick<PageState, 'options' | 'file'>): void {
    if (this.#fields.size === 0) {
      if (file !== undefined) this.#title.textContent = `Start a run of ${file.name}`
      for (const [field, own] of Object.entries(WORDS) as [TextField, Words][])
        this.#add(field, { ...own, ...sampleOf(field, file) })
      if (file !== undefined && file.scenarios.length > 0)
        this.#add('scenarios', {
          ...{ label: 'Scenarios', hint: 'without a choice, all with a weight', sample: '' },
          choices: file.scenarios,
        })
      const tags = (file?.tags ?? []).map((tag) => [tag, ''] as const)
      if (tags.length > 0) {
        this.#add('tags', { label: 'Only tasks with a tag of', hint: '', sample: '', choices: tags })
        this.#add('excludeTags', { label: 'No task with a tag of', hint: '', sample: '', choices: tags })
      }
      for (const option of options)
        this.#add(optionField(option), {
          ...{ label: option.name, hint: option.description, sample: option.sample },
        })
    }
    for (const [field, own] of this.#fields) {
      if (own.isTouched) continue
      own.word = words[field] ?? ''
      write(own)
    }
  }

  /** Adds a field before the buttons. */
  #add(field: FormField, words: Words): void {
    const error = element('p', { class: 'error', id: `error-${field}` })
    const { choices } = words
    const [box, inputs] = choices === undefined ? textField(field, words) : choiceField(field, words, choices)
    const own: Field = { inputs, error, isTouched: false, word: '' }
    for (const input of inputs) input.addEventListener('input', () => (own.isTouched = true))
    this.#fields.set(field, own)
    box.append(error)
    this.#form.insertBefore(box, this.#others)
  }

  async #submit(start: Start): Promise<void> {
    this.#button.disabled = true
    const words = Object.fromEntries([...this.#fields].map(([field, own]) => [field, read(own)]))
    const problems = await start(words)
    this.#button.disabled = false
    const of = (field: FormField | null): string[] =>
      problems.filter((one) => one.field === field).map(({ message }) => message)
    for (const [field, own] of this.#fields) {
      const messages = of(field)
      own.error.textContent = messages.join('; ')
      for (const input of own.inputs) input.setAttribute('aria-invalid', String(messages.length > 0))
      // What was refused stays as the reader left it.
      if (problems.length === 0) own.isTouched = false
    }
    this.#others.replaceChildren(...of(null).map((message) => element('li', {}, message)))
    const inputs = [...this.#fields.values()].flatMap((own) => own.inputs)
    inputs.find((input) => input.getAttribute('aria-invalid') === 'true')?.focus()
  }
}

/** The value without a word where the scenario file has one. */
function sampleOf(field: TextField, file: PageState['file']): Pick<Words, 'sample'> | object {
  if (file === undefined) return {}
  if (field === 'url') return { sample: file.baseUrl ?? '', hint: 'the base URL of the scenario' }
  return field === 'wait' ? { sample: file.wait ?? 'none' } : {}
}

function textField(field: FormField, { label, hint, sample }: Words): [HTMLElement, HTMLInputElement[]] {
  const input = element('input', {
    ...{ id: `field-${field}`, name: field, placeholder: sample },
    ...{ autocomplete: 'off', spellcheck: 'false' },
    'aria-describedby': `hint-${field} error-${field}`,
  })
  const box = element(
    'div',
    { class: `field ${field}` },
    element('label', { for: input.id }, label),
    input,
    element('p', { class: 'note', id: `hint-${field}` }, hint),
  )
  return [box, [input]]
}

function choiceField(
  field: FormField,
  { label, hint }: Words,
  choices: NonNullable<Words['choices']>,
): [HTMLElement, HTMLInputElement[]] {
  const inputs = choices.map(([value]) => element('input', { type: 'checkbox', name: field, value }))
  const box = element(
    'fieldset',
    { class: `field ${field}` },
    element('legend', {}, label),
    ...choices.map(([value, says], i) =>
      element(
        'label',
        {},
        inputs[i]!,
        ` ${value} `,
        says === '' ? null : element('span', { class: 'note' }, says),
      ),
    ),
    hint === '' ? null : element('p', { class: 'note' }, hint),
  )
  return [box, inputs]
}

/** The words of a field: its text, or the chosen values separated by commas. A choice as it was has its weights still. */
const read = ({ inputs, isTouched, word }: Field): string =>
  inputs[0]?.type === 'checkbox' && !isTouched
    ? word
    : inputs[0]?.type === 'checkbox'
      ? inputs
          .filter(({ checked }) => checked)
          .map(({ value }) => value)
          .join(',')
      : (inputs[0]?.value ?? '')

function write({ inputs, word }: Field): void {
  const chosen = word.split(',').map((one) => one.replace(/=[^=]*$/, ''))
  for (const input of inputs)
    if (input.type === 'checkbox') input.checked = chosen.includes(input.value)
    else if (input.value !== word) input.value = word
}
