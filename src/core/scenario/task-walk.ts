/**
 * The way of a user through tasks that are grouped: it stays in the group that it has entered until a task leaves it, and
 * then goes on in the group around it. Groups are chosen as tasks are, by their weights or in their order.
 */
import type { Random } from '../random.ts'
import { chooser, type ScenarioPlan } from './script-plan.ts'

/** Tasks, by their place in the plan, and groups among which a user chooses. */
export interface Branch {
  readonly isSequence: boolean
  readonly nodes: readonly (number | Branch)[]
  readonly choose: (iteration: number, random: Random) => number
}

/** The tasks of a scenario in their groups; `null` if it has no groups. */
export function branchesOf({ tasks, groups, isSequence }: ScenarioPlan): Branch | null {
  if (groups.length === 0) return null
  const within = (path: string, inOrder: boolean): Branch => {
    const entries = [
      ...tasks.flatMap(({ name, weight, group, at }, i) =>
        group === path ? [{ name, weight, at, node: i }] : [],
      ),
      ...groups.flatMap(({ name, weight, group, at, isSequence: own }) =>
        group === path && hasTask(name) ? [{ name, weight, at, node: within(name, own) }] : [],
      ),
    ].sort((a, b) => a.at - b.at)
    return {
      isSequence: inOrder,
      nodes: entries.map(({ node }) => node),
      choose: inOrder
        ? (iteration) => iteration % entries.length
        : chooser(entries.map(({ weight }) => weight)),
    }
  }
  // Tags can leave a group without a task.
  const hasTask = (name: string): boolean =>
    tasks.some(({ group }) => group === name || group.startsWith(`${name}/`))
  return within('', isSequence)
}

interface Stay {
  readonly branch: Branch
  /** Tasks and groups that were chosen here. */
  chosen: number
}

export class TaskWalk {
  /** The groups that the user is in, the innermost last. */
  readonly #stays: Stay[]

  constructor(root: Branch) {
    this.#stays = [{ branch: root, chosen: 0 }]
  }

  /** Returns the place of the next task in the plan; enters the groups that it is in. */
  next(random: Random): number {
    for (;;) {
      const stay = this.#stays.at(-1)!
      const node = stay.branch.nodes[stay.branch.choose(stay.chosen++, random)]!
      if (typeof node === 'number') return node
      this.#stays.push({ branch: node, chosen: 0 })
    }
  }

  /** Leaves the innermost group. */
  leave(): void {
    if (this.#stays.length > 1) this.#stays.pop()
  }
}
