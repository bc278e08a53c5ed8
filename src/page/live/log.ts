/** Events of the run, the latest first. */
import { showClock } from '../../core/units.ts'
import type { LogLine } from '../../output/view/run-log.ts'
import { element, folded, section } from '../parts/element.ts'

export const log = (lines: readonly LogLine[]): HTMLElement =>
  section(
    'log',
    'Log',
    element(
      'ol',
      { class: 'log' },
      ...lines
        .toReversed()
        .map(({ atS, kind, text }) =>
          element(
            'li',
            { class: `is-${kind}` },
            element('span', { class: 'where' }, showClock(atS)),
            element('span', { class: 'chip' }, kind),
            folded(text, 300),
          ),
        ),
    ),
  )
