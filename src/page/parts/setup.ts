/** The plan of the run, and the host it ran on. */
import { bodyLength, type BodyPlan } from '../../core/request/request.ts'
import { recordsWords, missingWords } from '../../core/report/records-report.ts'
import { showBytes } from '../../core/units.ts'
import type { ReportView } from '../../output/view/view.ts'
import { element, folded, pairs, section, type Child } from './element.ts'

export function setup({ report, words }: ReportView): HTMLElement {
  const { host, plan, addresses } = report
  const { request } = plan
  const rows: [string, Child][] = [
    ['Subject', words.subject],
    ['Plan', words.facts.join(' · ')],
    ['Headers', lines(request.headers.map(([name, value]) => `${name}: ${value}`))],
    ...(request.body === null ? [] : [['Body', bodyPart(request.body)] as [string, Child]]),
    ['Seed', String(report.seed)],
    ['Started', report.startedAt],
    ...(report.records === undefined
      ? []
      : [
          ['Records', [recordsWords(report.records), missingWords(report.records)].join('')] as [
            string,
            Child,
          ],
        ]),
    [
      report.agents === undefined ? 'Host' : 'Host of the coordinator',
      `${host.cpuModel}, ${host.cores} ${host.cores === 1 ? 'core' : 'cores'}${host.cpuQuota === null ? '' : ` (quota ${host.cpuQuota})`}, ${showBytes(host.memoryBytes)} of memory`,
    ],
    ['Platform', `${host.platform} ${host.arch}, Node ${host.node}, corerush ${report.version}`],
    ...Object.entries(addresses).map(([name, found]): [string, Child] => [
      `Addresses of ${name}`,
      folded(found.join(', ')),
    ]),
  ]
  return section(
    'setup',
    'Plan and host',
    pairs(rows),
    element(
      'details',
      { class: 'behind' },
      element('summary', {}, 'The plan as JSON'),
      element('pre', { tabindex: '0' }, JSON.stringify(plan, null, 2)),
    ),
  )
}

function bodyPart(body: BodyPlan): Child {
  const length = showBytes(bodyLength(body))
  if (!('text' in body)) return `${length}, binary`
  return folded(body.bytes === undefined ? body.text : `${body.text}… (${length} in all)`)
}

const lines = (texts: readonly string[]): Child =>
  element('span', {}, ...texts.flatMap((text, i) => [i === 0 ? null : element('br'), text]))
