/** The data whose columns are placeholders: which rows come next, and what happens behind the last. */
import { endProblem, ENDS, ORDERS, type FeederPlan } from '../../scenario/row-source.ts'
import { oneOf, show, type Readers } from '../../options/option-readers.ts'
import type { Options } from '../../options/options.ts'

/** A plain request has no task that could fail for want of a row. */
const DATA_ENDS = ENDS.filter((end) => end !== 'error')

/** A JSON file is told by its name. */
export const dataFormat = (path: string): FeederPlan['format'] => (/\.json$/i.test(path) ? 'json' : 'csv')

/** Where the rows come from; `used` are the columns that some request has, null where that is not known. */
export function readData(
  options: Options,
  hasScenario: boolean,
  used: ReadonlySet<string> | null,
  { read, wrong }: Pick<Readers, 'read' | 'wrong'>,
): FeederPlan | null {
  const path: unknown = options.data
  const order = read<FeederPlan['order']>('dataOrder', oneOf(...ORDERS))
  const end = read<FeederPlan['end']>('dataEnd', oneOf(...DATA_ENDS))
  if (path === undefined) {
    for (const option of ['dataOrder', 'dataEnd'] as const)
      if (options[option] !== undefined) wrong(option, 'is about rows of data, and there are none')
    return null
  }
  if (typeof path !== 'string' || path === '') return wrong('data', `must be a file, got ${show(path)}`)
  if (hasScenario)
    return wrong('data', 'is for requests without a scenario; a scenario has feeders, see docs/SCENARIOS.md')
  if (used?.size === 0)
    return wrong('data', 'is not used: no placeholder such as {{name}} is one of its columns')
  const plan = order ?? 'sequential'
  const problem = endProblem(plan, end)
  if (problem !== null) return wrong('dataEnd', `${problem}, got ${show(end ?? undefined)}`)
  return {
    path,
    format: dataFormat(path),
    delimiter: ',',
    order: plan,
    end: end ?? (plan === 'unique' ? 'stop' : 'recycle'),
  }
}
