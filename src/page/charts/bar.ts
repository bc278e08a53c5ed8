/** The bar above charts: whose figures they show, and how. */
import { element } from '../parts/element.ts'

/** What the reader chose. */
export interface Choice {
  /** A request name; null for all requests together. */
  name: string | null
  isLog: boolean
}

/** `select` has the names, each after a `=`, as a name may be empty; `choose` is told of one, `update` of all else. */
export function chartBar(
  select: HTMLSelectElement,
  choice: Choice,
  { choose, update }: { readonly choose: (name: string | null) => void; readonly update: () => void },
): HTMLElement {
  select.addEventListener('change', () => choose(select.value === '' ? null : select.value.slice(1)))
  const log = element('input', { type: 'checkbox', id: 'logarithmic' })
  log.checked = choice.isLog
  log.addEventListener('change', () => {
    choice.isLog = log.checked
    update()
  })
  return element(
    'div',
    { class: 'bar' },
    element('label', { for: 'chosen' }, 'Show '),
    select,
    element('label', {}, log, ' logarithmic latency'),
    element('span', { class: 'hint' }, 'drag to zoom, double-click for all'),
  )
}
