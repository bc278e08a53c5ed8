/** How busy each worker or core is now: a bar and a figure each, all of them in sight. */
import { BUSY, SATURATED } from '../../core/judge/rules/limits.ts'
import { showPercent } from '../../core/units.ts'
import { element } from '../parts/element.ts'

export interface Busy {
  readonly number: number
  readonly busy: number
}

export function meters(of: string, units: readonly Busy[]): HTMLElement {
  return element(
    'ul',
    { class: 'bars', 'aria-label': `${of}s` },
    ...units.map(({ number, busy }) => {
      const level = busy > SATURATED ? 'full' : busy > BUSY ? 'high' : 'low'
      return element(
        'li',
        { class: level },
        element('span', {}, `${of} ${number}`),
        // A style attribute would be against the page's policy; a meter has its own.
        element('meter', {
          min: '0',
          max: '1',
          value: String(Math.min(1, busy)),
          'aria-label': `${of} ${number}`,
        }),
        element('b', {}, showPercent(busy)),
      )
    }),
  )
}
