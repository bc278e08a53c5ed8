/** The files of a run that has ended. */
import { DOWNLOADS, type Download, type PageState } from '../../output/web/web-messages.ts'
import { element, section } from '../parts/element.ts'

const WHAT: Readonly<Record<Download, string>> = {
  'report.json': 'the whole report: what corerush compare takes',
  'report.html': 'the report as one page that opens without a network',
  'stats.csv': 'Locust’s table of requests',
  'stats_history.csv': 'Locust’s history, second by second',
  'failures.csv': 'Locust’s table of failures',
  'exceptions.csv': 'Locust’s table of what tasks threw',
}

export function downloads({ phase, staysOpen, isOver }: PageState, token: string): HTMLElement {
  const isThere = phase === 'ended' && staysOpen && !isOver
  return section(
    'downloads',
    'Downloads',
    isThere
      ? element(
          'ul',
          { class: 'downloads' },
          ...(Object.keys(DOWNLOADS) as Download[]).map((file) =>
            element(
              'li',
              {},
              element('a', { href: `${file}?token=${token}`, download: `corerush-${file}` }, file),
              element('span', { class: 'note' }, WHAT[file]),
            ),
          ),
        )
      : element(
          'p',
          { class: 'note' },
          isOver
            ? 'corerush has ended, and this page has only what it shows. With --out it writes files.'
            : staysOpen
              ? 'They are here when the run has ended.'
              : 'corerush ends with this run, as nobody is at its terminal. With --out it writes files.',
        ),
  )
}
