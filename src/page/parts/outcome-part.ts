/** Outcomes of requests, and the messages of failures. */
import { showClock, showCount, showPercent } from '../../core/units.ts'
import type { ReportView } from '../../output/view/view.ts'
import { element, folded, section } from './element.ts'
import { table } from './sortable-table.ts'

type Report = ReportView['report']

const seconds = ({ firstS, lastS }: { readonly firstS: number; readonly lastS: number }): string =>
  Math.floor(firstS) === Math.floor(lastS) ? showClock(firstS) : `${showClock(firstS)}–${showClock(lastS)}`

export const failures = (view: ReportView): HTMLElement =>
  section('failures', 'Outcomes and errors', ...failedRequests(view), taskErrors(view))

export function failedRequests({ report }: ReportView): HTMLElement[] {
  const { outcomes, total, errors } = report
  const ended = total.finished + total.unfinished
  const rows = [
    ...Object.entries(outcomes),
    ...(total.unfinished > 0 ? [['unfinished', total.unfinished] as const] : []),
  ]
  return [
    element(
      'div',
      { class: 'columns' },
      table<readonly [string, number]>({
        label: 'Outcomes',
        rows,
        columns: [
          { title: 'outcome', isText: true, cell: ([outcome]) => outcome },
          { title: 'requests', cell: ([, n]) => showCount(n) },
          { title: 'share', cell: ([, n]) => showPercent(ended === 0 ? null : n / ended) },
        ],
      }),
      table<[string, number]>({
        label: 'Statuses received',
        rows: Object.entries(total.statuses),
        columns: [
          { title: 'status', isText: true, cell: ([status]) => status },
          { title: 'responses', cell: ([, n]) => showCount(n) },
        ],
      }),
    ),
    errors.length === 0
      ? element('p', { class: 'note' }, 'No request failed.')
      : table<Report['errors'][number]>({
          label: 'Errors',
          rows: errors,
          columns: [
            { title: 'outcome', isText: true, cell: ({ outcome }) => outcome, by: ({ outcome }) => outcome },
            { title: 'count', cell: ({ count }) => showCount(count), by: ({ count }) => count },
            { title: 'seconds', cell: seconds, by: ({ firstS }) => firstS },
            { title: 'request', isText: true, cell: ({ name }) => folded(name, 60), by: ({ name }) => name },
            {
              title: 'message',
              isText: true,
              cell: ({ message }) => folded(message),
              by: ({ message }) => message,
            },
          ],
        }),
  ]
}

/** `null` if no task threw an error. */
export function taskErrors({ report }: ReportView): HTMLElement | null {
  const { taskErrors: errors } = report
  return errors.length === 0
    ? null
    : table<Report['taskErrors'][number]>({
        label: 'Task errors',
        rows: errors,
        columns: [
          { title: 'task', isText: true, cell: ({ task }) => folded(task, 60), by: ({ task }) => task },
          { title: 'count', cell: ({ count }) => showCount(count), by: ({ count }) => count },
          { title: 'seconds', cell: seconds, by: ({ firstS }) => firstS },
          {
            title: 'message',
            isText: true,
            cell: ({ message }) => folded(message),
            by: ({ message }) => message,
          },
          {
            title: 'place',
            isText: true,
            cell: ({ place }) => place ?? '–',
            by: ({ place }) => place,
          },
          {
            title: 'calls',
            isText: true,
            cell: ({ trace }) =>
              trace === undefined
                ? '–'
                : element(
                    'details',
                    { class: 'message' },
                    element('summary', {}, trace.split('\n', 1)[0]!),
                    element('pre', { tabindex: '0' }, trace),
                  ),
          },
        ],
      })
}
