/** Current utilization of each worker or core: a bar and a percentage each. */
import { BUSY, SATURATED } from '../../core/judge/rules/limits.ts'
import { showPercent } from '../../core/units.ts'
import { element } from '../parts/element.ts'

export interface Busy {
  readonly number: number
  readonly busy: number
}

/** `nameOf` gives the name of a unit. */
export function meters(
  of: string,
  units: readonly Busy[],
  nameOf = (number: number): string => `${of} ${number}`,
): HTMLElement {
  return element(
    'ul',
    { class: 'bars', 'aria-label': `${of}s` },
    ...units.map(({ number, busy }) => {
      const level = busy > SATURATED ? 'full' : busy > BUSY ? 'high' : 'low'
      return element(
        'li',
        { class: level },
        element('span', {}, nameOf(number)),
        // The page's content security policy forbids style attributes; a meter needs none.
        element('meter', {
          min: '0',
          max: '1',
          value: String(Math.min(1, busy)),
          'aria-label': nameOf(number),
        }),
        element('b', {}, showPercent(busy)),
      )
    }),
  )
}
