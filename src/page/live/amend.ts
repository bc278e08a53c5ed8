/** The forms that change the load of a run in progress: its level, and when it ends. */
import { printDurationS, showCount } from '../../core/units.ts'
import type { LoadTarget, LoadWords } from '../../output/web/web-messages.ts'
import { element } from '../parts/element.ts'

const LABEL: Readonly<Record<LoadTarget['of'], string>> = { users: 'users', ratePerS: 'rate' }

export class AmendForm {
  readonly root: HTMLElement
  readonly #label = element('span')
  readonly #value = element('input', { size: '8', autocomplete: 'off' })
  readonly #over = element('input', { size: '5', placeholder: 'over 1s', autocomplete: 'off' })
  readonly #end = element('input', { size: '9', autocomplete: 'off' })

  /** `amend` resolves to whether the change was accepted. */
  constructor(amend: (words: LoadWords) => Promise<boolean>) {
    this.#over.setAttribute('aria-label', 'duration of the change')
    this.#end.title = 'the whole length: 10m, or +5m for longer, or 0 for until it is stopped'
    const clear = (input: HTMLInputElement) => (isDone: boolean) => {
      if (isDone) input.value = ''
    }
    const level = formOf(
      [element('label', {}, this.#label, ' ', this.#value), this.#over, element('button', {}, 'Change')],
      () => void amend({ value: this.#value.value, over: this.#over.value }).then(clear(this.#value)),
    )
    const length = formOf(
      [element('label', {}, 'length ', this.#end), element('button', {}, 'Set')],
      () => void amend({ end: this.#end.value }).then(clear(this.#end)),
    )
    this.root = element('div', { class: 'amends' }, level, length)
  }

  /** Shows the load that the run is heading for; hides the forms for `null`, if the load cannot be changed. */
  show(load: LoadTarget | null): void {
    this.root.hidden = load === null
    if (load === null) return
    const { of, value, durationS } = load
    this.#label.textContent = LABEL[of]
    this.#value.placeholder = of === 'users' ? showCount(value) : `${value}/s`
    this.#over.placeholder = of === 'users' ? 'over 1s' : 'over 0s'
    this.#end.placeholder = durationS === null ? 'no end' : printDurationS(durationS)
  }
}

function formOf(children: readonly HTMLElement[], submit: () => void): HTMLElement {
  const form = element('form', { class: 'amend', novalidate: '' }, ...children)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    submit()
  })
  return form
}
