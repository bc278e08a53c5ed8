/** The data whose columns are placeholders: which row comes next, and what happens after the last. */
import { endProblem, type FeederPlan } from '../../scenario/row-source.ts'
import { show, type Readers } from '../../options/option-readers.ts'
import type { Options } from '../../options/options.ts'

/** What separates the cells of a data file. */
export interface DataDelimiter {
  readonly delimiter: string
  readonly isGuess: boolean
}

/** The format by the file's name. */
export const dataFormat = (path: string): FeederPlan['format'] => (/\.json$/i.test(path) ? 'json' : 'csv')

/** Where the rows come from; `used` are the columns that requests have, `null` if not known. */
export function readData(
  options: Options,
  hasScenario: boolean,
  file: DataDelimiter | null | undefined,
  used: ReadonlySet<string> | null,
  { value, wrong }: Pick<Readers, 'value' | 'wrong'>,
): FeederPlan | null {
  const path: unknown = options.data
  const order = value('dataOrder')
  const end = value('dataEnd')
  const delimiter = value('dataDelimiter')
  if (path === undefined) {
    for (const option of ['dataOrder', 'dataEnd', 'dataDelimiter'] as const)
      if (options[option] !== undefined) wrong(option, 'is about rows of data, and there are none')
    return null
  }
  if (typeof path !== 'string' || path === '') return wrong('data', `must be a file, got ${show(path)}`)
  if (hasScenario)
    return wrong('data', 'is for requests without a scenario; a scenario has feeders, see docs/SCENARIOS.md')
  if (used?.size === 0)
    return wrong('data', 'is not used: no placeholder such as {{name}} is one of its columns')
  if (delimiter !== null && dataFormat(path) !== 'csv')
    return wrong('dataDelimiter', 'is for CSV files, and the data is JSON')
  const plan = order ?? 'sequential'
  const problem = endProblem(plan, end)
  if (problem !== null) return wrong('dataEnd', `${problem}, got ${show(end ?? undefined)}`)
  return {
    path,
    format: dataFormat(path),
    delimiter: delimiter ?? file?.delimiter ?? ',',
    ...(delimiter === null && file?.isGuess === true ? { isGuess: true as const } : {}),
    order: plan,
    end: end ?? (plan === 'unique' ? 'stop' : 'recycle'),
  }
}
