/** Failures in the summary. Pure. */
import { taskErrorText } from '../../core/measure/task-error.ts'
import type { Report } from '../../core/report/report.ts'
import { showCount, showMany } from '../../core/units.ts'
import { clip, printable, renderLine, widthOf, type Style } from './paint.ts'
import { renderTable } from './text-table.ts'

const MOST_ERRORS = 10

/** Errors thrown by tasks. A failed request is not a task error. */
export function taskErrors(report: Report, style: Style): string[] {
  const rows = report.taskErrors.slice(0, MOST_ERRORS)
  const more = report.taskErrors.length - rows.length
  if (rows.length === 0) return []
  return [
    ...renderTable<Report['taskErrors'][number]>(
      [
        { title: 'task errors', align: 'left', cell: ({ task }) => clip(printable(task), 24) },
        { title: 'count', cell: ({ count }) => showCount(count), paint: () => 'red' },
        { title: 'message', rank: 1, align: 'left', cell: (error) => printable(taskErrorText(error)) },
      ],
      rows,
      { ...style, width: Infinity },
    ).map((row) => clipPainted(row, style)),
    ...(more > 0 ? [renderLine([[`and ${more} more; the report has them all`, 'dim']], style)] : []),
  ]
}

/** Failed and unfinished requests, and how many exchanges were captured. */
export function failures(report: Report, style: Style): string[] {
  const rows = report.errors.slice(0, MOST_ERRORS)
  const unfinished = report.total.unfinished
  if (rows.length === 0 && unfinished === 0) return []
  const lines = renderTable<Report['errors'][number]>(
    [
      { title: 'failures', align: 'left', cell: ({ outcome }) => outcome },
      { title: 'count', cell: ({ count }) => showCount(count), paint: () => 'red' },
      {
        title: 'seconds',
        rank: 3,
        cell: ({ firstS, lastS }) => `${Math.floor(firstS)}–${Math.floor(lastS)}`,
      },
      { title: 'name', rank: 2, align: 'left', cell: ({ name }) => clip(printable(name), 24) },
      { title: 'message', rank: 1, align: 'left', cell: ({ message }) => message },
    ],
    rows,
    // A long message is clipped at the window's edge rather than dropped.
    { ...style, width: Infinity },
  ).map((row) => clipPainted(row, style))
  if (rows.length === 0) lines.length = 0
  const more = report.errors.length - rows.length
  if (more > 0) lines.push(renderLine([[`and ${more} more; the report has them all`, 'dim']], style))
  const kept = report.capturedFailures.length
  if (kept > 0)
    lines.push(
      renderLine(
        [['captured', 'dim'], `  ${showMany(kept, 'failing exchange')}: capturedFailures in the JSON report`],
        style,
      ),
    )
  if (unfinished > 0)
    lines.push(
      renderLine(
        [
          ['unfinished', 'red'],
          `  ${showCount(unfinished)} ${unfinished === 1 ? 'request' : 'requests'} without a response when the drain ended`,
        ],
        style,
      ),
    )
  return lines
}

/** Clips a line that may contain colour sequences, which are those of picocolors. */
function clipPainted(painted: string, style: Style): string {
  const spans = painted.split(/(\u001b\[\d+m)/)
  let left = style.width
  return spans
    .map((span) => {
      if (span.startsWith('\u001b[')) return span
      const shown = clip(span, Math.max(0, left))
      left -= widthOf(shown)
      return shown
    })
    .join('')
}
