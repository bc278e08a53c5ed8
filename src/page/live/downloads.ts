/** Downloads of a run; while it goes on, of the run so far. */
import { DOWNLOADS, type Download, type PageState } from '../../output/web/web-messages.ts'
import { element, section } from '../parts/element.ts'

const WHAT: Readonly<Record<Download, string>> = {
  'report.json': 'the full report, the input of corerush compare',
  'report.html': 'the report as a self-contained page',
  'stats.csv': 'Locust’s table of requests',
  'stats_history.csv': 'Locust’s history, second by second',
  'failures.csv': 'Locust’s table of failures',
  'exceptions.csv': 'Locust’s table of exceptions',
}

export function downloads({ phase, staysOpen, isOver }: PageState, token: string): HTMLElement {
  const isRunning = phase === 'running' || phase === 'stopping'
  const isThere = (isRunning || (phase === 'ended' && staysOpen)) && !isOver
  return section(
    'downloads',
    'Downloads',
    isThere && isRunning
      ? element('p', { class: 'note' }, 'Of the run so far: totals, rates and the verdict are those of now.')
      : null,
    isThere
      ? element(
          'ul',
          { class: 'downloads' },
          ...(Object.keys(DOWNLOADS) as Download[]).map((file) =>
            element(
              'li',
              {},
              element('a', { href: `${file}?token=${token}`, download: '' }, file),
              element('span', { class: 'note' }, WHAT[file]),
            ),
          ),
        )
      : element(
          'p',
          { class: 'note' },
          isOver
            ? 'corerush has exited, so there is nothing to download. Use --out to write files.'
            : staysOpen
              ? 'Available when a run has started.'
              : 'corerush exits with this run, because it has no terminal. Use --out to write files.',
        ),
  )
}
