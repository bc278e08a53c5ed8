/** The bar above the charts: selects the request name and the scale. */
import { element } from '../parts/element.ts'

/** The reader's selection. */
export interface Choice {
  /** A request name; `null` for all requests together. */
  name: string | null
  isLog: boolean
}

/** Options of `select` are names prefixed with `=`, as a name may be empty. Calls `choose` for a name, `update` for the scale. */
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
