/** Entries of the log of tasks as text. */
import type { LogEntry } from '../../core/measure/task-log.ts'
import { showClock } from '../../core/units.ts'
import { renderLine, type Paint, type Style } from './paint.ts'

const PAINT: Readonly<Record<LogEntry['level'], Paint | null>> = {
  debug: 'dim',
  info: null,
  log: null,
  warn: 'yellow',
  error: 'red',
}

/** `0:12 worker 1  text`, a line for each line of the entry. */
export function renderLogEntry({ atS, worker, label, level, text }: LogEntry, style: Style): string[] {
  const from = worker === null ? 'main' : `${showClock(atS)} worker ${label ?? worker}`
  const paint = PAINT[level]
  return text
    .split('\n')
    .map((line) => renderLine([[`${from}  `, 'dim'], paint === null ? line : [line, paint]], style))
}
