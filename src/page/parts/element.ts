/** Elements of the page. Text is always inserted as text, never as markup. */

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

/** A section with a heading that also labels it for screen readers. */
export function section(id: string, title: string, ...children: readonly Child[]): HTMLElement {
  const heading = element('h2', { id: `${id}-title` }, title)
  return element('section', { id, 'aria-labelledby': heading.id }, heading, ...children)
}

/** A formatted figure; a dash becomes "n/a". */
export const shown = (text: string): Child =>
  text === '–' ? element('span', { class: 'none', title: 'not available' }, 'n/a') : text

/** A list of terms and their values. */
export const pairs = (rows: readonly (readonly [string, Child])[]): HTMLElement =>
  element(
    'dl',
    { class: 'pairs' },
    ...rows.map(([word, what]) => element('div', {}, element('dt', {}, word), element('dd', {}, what))),
  )

/** A text; if longer than `most`, folded until opened. */
export function folded(text: string, most = 160): HTMLElement {
  if (text.length <= most) return element('span', { class: 'message' }, text)
  return element(
    'details',
    { class: 'message' },
    element('summary', {}, `${text.slice(0, most)}…`),
    element('pre', { tabindex: '0' }, text),
  )
}
