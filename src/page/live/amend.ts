/** The form that changes the load of a run in progress. */
import { showCount } from '../../core/units.ts'
import type { LoadTarget, LoadWords } from '../../output/web/web-messages.ts'
import { element } from '../parts/element.ts'

const LABEL: Readonly<Record<LoadTarget['of'], string>> = { users: 'users', ratePerS: 'rate' }

export class AmendForm {
  readonly root: HTMLElement
  readonly #label = element('span')
  readonly #value = element('input', { size: '8', autocomplete: 'off' })
  readonly #over = element('input', { size: '5', placeholder: 'over 1s', autocomplete: 'off' })

  /** `amend` resolves to whether the change was accepted. */
  constructor(amend: (words: LoadWords) => Promise<boolean>) {
    this.#over.setAttribute('aria-label', 'duration of the change')
    const form = element(
      'form',
      { class: 'amend', novalidate: '' },
      element('label', {}, this.#label, ' ', this.#value),
      this.#over,
      element('button', {}, 'Change'),
    )
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      void amend({ value: this.#value.value, over: this.#over.value }).then((isDone) => {
        if (isDone) this.#value.value = ''
      })
    })
    this.root = form
  }

  /** Shows the load that the run is heading for; hides the form for `null`, if the load cannot be changed. */
  show(load: LoadTarget | null): void {
    this.root.hidden = load === null
    if (load === null) return
    this.#label.textContent = LABEL[load.of]
    this.#value.placeholder = load.of === 'users' ? showCount(load.value) : `${load.value}/s`
    this.#over.placeholder = load.of === 'users' ? 'over 1s' : 'over 0s'
  }
}
