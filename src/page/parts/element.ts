/** Elements of the page. Text goes in as text and never as markup, whoever said it. */

export type Child = Node | string | null

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children.filter((child) => child !== null))
  return made
}

/** A part of the page with its heading, which also names it to a screen reader. */
export function section(id: string, title: string, ...children: readonly Child[]): HTMLElement {
  const heading = element('h2', { id: `${id}-title` }, title)
  return element('section', { id, 'aria-labelledby': heading.id }, heading, ...children)
}

/** A figure as a person reads it; what there is none of says so. */
export const shown = (text: string): Child =>
  text === '–' ? element('span', { class: 'none', title: 'not available' }, 'n/a') : text

/** Pairs of a word and what it stands for. */
export const pairs = (rows: readonly (readonly [string, Child])[]): HTMLElement =>
  element(
    'dl',
    { class: 'pairs' },
    ...rows.map(([word, what]) => element('div', {}, element('dt', {}, word), element('dd', {}, what))),
  )

/** A long text that opens on request; a short one as it is. */
export function folded(text: string, most = 160): HTMLElement {
  if (text.length <= most) return element('span', { class: 'said' }, text)
  return element(
    'details',
    { class: 'said' },
    element('summary', {}, `${text.slice(0, most)}…`),
    element('pre', { tabindex: '0' }, text),
  )
}
