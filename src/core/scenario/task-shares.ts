/** How often each task of a scenario is chosen, by its weights. */
import type { ScenarioPlan } from './script-plan.ts'

/** A task, or a group of tasks. */
export interface TaskShare {
  /** The name within its group. */
  readonly name: string
  /** Groups around it. */
  readonly depth: number
  /** The share among the tasks and groups beside it, 0 to 1. Users stay in a group, so shares of groups do not multiply. */
  readonly within: number
  readonly isGroup: boolean
}

/** The tasks and groups of a scenario in their order, each group before what is in it. */
export function taskShares(scenario: ScenarioPlan): TaskShare[] {
  return sharesWithin(scenario, { name: '', isSequence: scenario.isSequence }, 0)
}

function sharesWithin(
  scenario: ScenarioPlan,
  group: { readonly name: string; readonly isSequence: boolean },
  depth: number,
): TaskShare[] {
  const isIn = (one: { readonly group: string }): boolean => one.group === group.name
  const groups = scenario.groups.filter((one) => isIn(one) && !isEmpty(scenario, one.name))
  const members = [
    ...scenario.tasks.filter(isIn).map((one) => ({ ...one, inside: null })),
    ...groups.map((one) => ({ ...one, inside: one })),
  ].sort((a, b) => a.at - b.at)
  // In a sequence each has its turn.
  const weightOf = ({ weight }: { readonly weight: number }): number => (group.isSequence ? 1 : weight)
  const sum = members.reduce((total, one) => total + weightOf(one), 0)
  return members.flatMap(({ inside, ...one }): TaskShare[] => {
    const within = weightOf(one) / sum
    const own: TaskShare = {
      name: one.name.slice(group.name === '' ? 0 : group.name.length + 1),
      ...{ depth, within, isGroup: inside !== null },
    }
    return inside === null ? [own] : [own, ...sharesWithin(scenario, inside, depth + 1)]
  })
}

/** Whether tags have left a group without a task. */
const isEmpty = ({ tasks, groups }: ScenarioPlan, name: string): boolean =>
  !tasks.some(({ group }) => group === name) &&
  groups
    .filter(({ group }) => group === name)
    .every((one) => isEmpty({ tasks, groups } as ScenarioPlan, one.name))
