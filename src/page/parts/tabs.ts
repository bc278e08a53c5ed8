/** Tabs after the ARIA pattern: arrow keys move between them, hidden panels are not read. */
import { element } from './element.ts'

export interface Tab {
  readonly id: string
  readonly title: string
  readonly panel: HTMLElement
}

export class Tabs {
  readonly root: HTMLElement
  readonly #buttons: readonly HTMLButtonElement[]
  readonly #panels: readonly HTMLElement[]

  constructor(label: string, tabs: readonly Tab[]) {
    this.#buttons = tabs.map(({ id, title }) =>
      element(
        'button',
        { type: 'button', role: 'tab', id: `tab-${id}`, 'aria-controls': `panel-${id}` },
        title,
        element('span', { class: 'badge' }),
      ),
    )
    this.#panels = tabs.map(({ id, panel }) =>
      element('div', { role: 'tabpanel', id: `panel-${id}`, 'aria-labelledby': `tab-${id}` }, panel),
    )
    const list = element('div', { role: 'tablist', class: 'tabs', 'aria-label': label }, ...this.#buttons)
    for (const [i, button] of this.#buttons.entries()) button.addEventListener('click', () => this.#show(i))
    list.addEventListener('keydown', (event) => this.#move(event))
    this.root = element('div', {}, list, ...this.#panels)
    this.#show(0)
  }

  /** Opens the tab with this id. */
  open(id: string): void {
    this.#show(this.#buttons.findIndex((button) => button.id === `tab-${id}`))
  }

  /** Sets the badge of a tab; an empty text removes it. */
  mark(id: string, text: string): void {
    const badge = this.#buttons.find((button) => button.id === `tab-${id}`)!.lastElementChild!
    if (badge.textContent !== text) badge.textContent = text
  }

  #show(at: number): void {
    for (const [i, button] of this.#buttons.entries()) {
      button.setAttribute('aria-selected', String(i === at))
      button.tabIndex = i === at ? 0 : -1
      this.#panels[i]!.hidden = i !== at
    }
  }

  #move(event: KeyboardEvent): void {
    const last = this.#buttons.length - 1
    const at = this.#buttons.findIndex((button) => button === document.activeElement)
    const to = {
      ArrowRight: at === last ? 0 : at + 1,
      ArrowLeft: at === 0 ? last : at - 1,
      Home: 0,
      End: last,
    }[event.key]
    if (at === -1 || to === undefined) return
    event.preventDefault()
    this.#show(to)
    this.#buttons[to]!.focus()
  }
}
