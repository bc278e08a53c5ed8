/** Updates of a page in place: newly rendered parts replace only what has changed. */
import { labelOf, takeOver } from './sortable-table.ts'

/** Attributes set by the reader's actions, which an update must keep. */
const READERS = ['open', 'aria-sort']

/** Makes an element equal to a newer one. Unchanged nodes stay, with their focus and open details. */
export function renew(old: Element, newer: Element): void {
  if (old.isEqualNode(newer) || takeOver(old, newer)) return
  if (old.tagName !== newer.tagName || labelOf(old) !== labelOf(newer)) {
    old.replaceWith(newer)
    return
  }
  for (const { name } of [...old.attributes])
    if (!newer.hasAttribute(name) && !READERS.includes(name)) old.removeAttribute(name)
  for (const { name, value } of [...newer.attributes])
    if (old.getAttribute(name) !== value) old.setAttribute(name, value)
  const [were, are] = [[...old.childNodes], [...newer.childNodes]]
  for (const [i, node] of are.entries()) {
    const before = were[i]
    if (before === undefined) old.append(node)
    else if (before instanceof Element && node instanceof Element) renew(before, node)
    else if (!before.isEqualNode(node)) before.replaceWith(node)
  }
  for (const gone of were.slice(are.length)) gone.remove()
}

/** Shows parts in a place that may already hold an older version of them. */
export function renewAll(place: Element, parts: readonly (HTMLElement | null)[]): void {
  const box = place.cloneNode() as Element
  box.append(...parts.filter((part) => part !== null))
  renew(place, box)
}
