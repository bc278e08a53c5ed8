/** A page that lives: parts that are made anew, and take the place of what has changed and of nothing else. */
import { labelOf, takeOver } from './sortable-table.ts'

/** What the reader does to an element, which is not the page's to take back. */
const READERS = ['open', 'aria-sort']

/** Makes what is on the page read as the newer one does. What is the same stays, with its focus and what is open in it. */
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

/** Puts parts into a place where their like may be already. */
export function renewAll(place: Element, parts: readonly (HTMLElement | null)[]): void {
  const box = place.cloneNode() as Element
  box.append(...parts.filter((part) => part !== null))
  renew(place, box)
}
