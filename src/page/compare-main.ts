/** Entry of the comparison page: reads the view embedded in the page; shows both runs side by side and overlaid. */
import type { ComparisonView, SideView } from '../output/view/comparison-view.ts'
import { CompareCharts } from './charts/compare-charts.ts'
import { differences, namesBeside } from './parts/compare-tables.ts'
import { element, pairs, section } from './parts/element.ts'
import { capital, verdict } from './parts/glance-summary.ts'
import { table, type Column } from './parts/sortable-table.ts'
import { themeSwitch, watchTheme } from './parts/theme.ts'

const view = JSON.parse(document.getElementById('view')!.textContent) as ComparisonView

const LOOK: Readonly<Record<ComparisonView['answer'], readonly [style: string, sign: string]>> = {
  regressed: ['void', '✗'],
  "can't tell": ['suspect', '!'],
  'no regression': ['sound', '✓'],
}
const MARK: Readonly<Record<ComparisonView['answer'], string>> = {
  regressed: 'failed',
  "can't tell": 'warned',
  'no regression': 'passed',
}

function header({ baseline, current }: ComparisonView): HTMLElement {
  const facts = ({ source, report, words }: SideView): string =>
    [`${source}, ${report.startedAt.slice(0, 19).replace('T', ' ')} UTC`, ...words.facts].join(' · ')
  return element(
    'header',
    {},
    element(
      'div',
      { class: 'top' },
      element('p', { class: 'made' }, element('b', {}, 'corerush compare'), ` ${current.report.version}`),
      themeSwitch(),
    ),
    element('h1', {}, current.words.subject),
    pairs([
      ['Baseline', facts(baseline)],
      ['Current', facts(current)],
    ]),
  )
}

/** The answer of the comparison and its rules. */
function answer({ answer: word, sentence, method, titles, rules }: ComparisonView): HTMLElement {
  const [style, sign] = LOOK[word]
  return element(
    'section',
    { id: 'answer', class: `verdict ${style}`, 'aria-labelledby': 'answer-title' },
    element(
      'h2',
      { id: 'answer-title' },
      element('span', { class: 'sign', 'aria-hidden': 'true' }, sign),
      element('span', { class: 'word' }, 'Comparison: ', element('strong', {}, word)),
    ),
    element(
      'p',
      { class: 'sentence' },
      `${capital(sentence.slice(sentence.indexOf(': ') + 2))}. Method: ${method}.`,
    ),
    table({
      label: 'Rules of the comparison',
      rows: rules,
      columns: titles.map((title, i): Column<ComparisonView['rules'][number]> => ({
        title,
        isText: i === 0 || i === titles.length - 1,
        cell: ({ cells }) => (i === 0 ? element('code', {}, cells[i]!) : cells[i]!),
        mark: ({ answer: one }) => (i === titles.length - 1 ? MARK[one] : null),
      })),
    }),
    ...rules.flatMap(({ cells, advice }) =>
      advice === null ? [] : [element('p', { class: 'advice' }, `${cells[0]!}: ${advice}.`)],
    ),
  )
}

const warnings = ({ warnings: texts }: ComparisonView): HTMLElement | null =>
  texts.length === 0
    ? null
    : section('warnings', 'Warnings', element('ul', {}, ...texts.map((text) => element('li', {}, text))))

function show(view: ComparisonView): void {
  const charts = new CompareCharts(view)
  const choose = (name: string): void => {
    charts.choose(name)
    charts.root.scrollIntoView({ block: 'start' })
    charts.root.querySelector('select')!.focus({ preventScroll: true })
  }
  const parts = [
    header(view),
    element('div', { class: 'judged whole' }, answer(view)),
    element(
      'div',
      { class: 'judged even' },
      verdict(view.baseline, 'Measurement of the baseline', 'verdict-baseline'),
      verdict(view.current, 'Measurement of the current run', 'verdict-current'),
    ),
    warnings(view),
    differences(view),
    namesBeside(view, choose),
    charts.root,
    element(
      'footer',
      {},
      'n/a: not available (never zero). Times are relative to the start of each run. All figures come from the JSON reports of the two runs.',
    ),
  ]
  document.getElementById('page')!.append(...parts.filter((part) => part !== null))
}

watchTheme()
show(view)
