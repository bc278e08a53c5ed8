/** Entry of the report page: reads the view embedded in the page and shows it. */
import type { ReportView } from '../output/view/view.ts'
import { Charts } from './charts/charts.ts'
import { agentTable } from './parts/agent-table.ts'
import { custom } from './parts/custom-part.ts'
import { transactions } from './parts/transaction-table.ts'
import { element } from './parts/element.ts'
import { keptRequests } from './parts/kept-requests.ts'
import { failures } from './parts/outcome-part.ts'
import { ratios } from './parts/ratio-part.ts'
import { requests } from './parts/request-table.ts'
import { setup } from './parts/setup.ts'
import { distributions, keyFigures, thresholds, verdict, warnings } from './parts/glance-summary.ts'
import { themeSwitch, watchTheme } from './parts/theme.ts'

const view = JSON.parse(document.getElementById('view')!.textContent) as ReportView

function header({ report, words }: ReportView): HTMLElement {
  return element(
    'header',
    {},
    element(
      'div',
      { class: 'top' },
      element(
        'p',
        { class: 'made' },
        element('b', {}, 'corerush'),
        ` ${report.version} · ${report.startedAt.slice(0, 19).replace('T', ' ')} UTC`,
      ),
      themeSwitch(),
    ),
    element('h1', {}, words.subject),
    element('p', { class: 'facts' }, words.facts.join(' · ')),
  )
}

function show(view: ReportView): void {
  const charts = new Charts(view)
  const choose = (name: string | null): void => {
    charts.choose(name)
    charts.root.scrollIntoView({ block: 'start' })
    charts.root.querySelector('select')!.focus({ preventScroll: true })
  }
  const parts = [
    header(view),
    element('div', { class: 'judged' }, verdict(view), thresholds(view)),
    warnings(view),
    keyFigures(view),
    requests(view, choose),
    transactions(view),
    custom(view),
    charts.root,
    distributions(view),
    keptRequests(view),
    failures(view),
    ratios(view),
    agentTable(view),
    setup(view),
    element(
      'footer',
      {},
      'n/a: not available (never zero). All figures come from the JSON report of the same run.',
    ),
  ]
  document.getElementById('page')!.append(...parts.filter((part) => part !== null))
}

watchTheme()
show(view)
