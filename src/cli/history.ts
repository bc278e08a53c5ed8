/** The command `corerush history`: kept runs of the same plan over time, and where their figures have changed. */
import { OptionsError } from '../core/options/options-error.ts'
import type { Problem } from '../core/options/problem.ts'
import { historiesOf } from '../core/report/history.ts'
import { parseNumber } from '../core/units.ts'
import { CorerushError, EXIT } from '../errors.ts'
import { HISTORY_FOLDER, readRecords } from '../host/kept/history-runs.ts'
import { renderHistoryHtml } from '../output/file/history-html.ts'
import { renderJsonLine } from '../output/file/json.ts'
import { renderHistory } from '../output/text/history-text.ts'
import type { Command } from './command.ts'
import { readPage, writePage } from './html-page.ts'
import { styleOf } from './style.ts'

const DEFAULT_RUNS = 50
/** Each division is tested by permuting all runs. */
const MOST_RUNS = 100

export async function historyCommand(command: Command): Promise<number> {
  const problems: Problem[] = [...command.problems]
  const most = readMost(command, problems)
  const page = readPage(command, problems)
  if (problems.length > 0) throw new OptionsError(problems)
  const wanted = command.texts.get('plan')
  const records = readRecords()
  if (records.length === 0)
    throw new CorerushError('CORERUSH_BASELINE', `no runs are kept in ${HISTORY_FOLDER}`, {
      hint: '--keep with a run, or keep: true in the config',
    })
  const histories = historiesOf(
    records.filter(
      ({ plan, subject }) => wanted === undefined || plan === wanted || subject.includes(wanted),
    ),
    most,
  )
  if (histories.length === 0)
    throw new OptionsError([
      {
        option: 'plan',
        message: `names no plan, and no part of what one sends, got "${wanted}"; there are ${[...new Set(records.map(({ plan, subject }) => `${plan} (${subject})`))].join(', ')}`,
      },
    ])
  const stream = page?.name === '-' ? process.stderr : process.stdout
  stream.write(
    command.switches.get('json') === true
      ? renderJsonLine({ plans: histories })
      : renderHistory(histories, styleOf(stream, command)),
  )
  const isWritten = page === null || (await writePage(page, renderHistoryHtml(histories)))
  return isWritten ? EXIT.ok : EXIT.unexpected
}

/** The number of the newest runs of each plan that are looked at. */
function readMost({ texts }: Command, problems: Problem[]): number {
  const text = texts.get('last')
  if (text === undefined) return DEFAULT_RUNS
  const parsed = parseNumber(text)
  if ('value' in parsed && Number.isInteger(parsed.value) && parsed.value >= 1 && parsed.value <= MOST_RUNS)
    return parsed.value
  problems.push({ option: 'last', message: `must be a whole number from 1 to ${MOST_RUNS}, got "${text}"` })
  return DEFAULT_RUNS
}
