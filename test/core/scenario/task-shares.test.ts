import { expect, test } from 'vitest'
import { taskShares } from '../../../src/core/scenario/task-shares.ts'
import type { ScenarioPlan } from '../../../src/core/scenario/script-plan.ts'

const task = (name: string, group: string, at: number, weight = 1) => ({ name, group, at, weight, tags: [] })

test('each task and group by its weight beside the others, in the order of the file; of a sequence each has its turn', () => {
  const scenario = {
    isSequence: false,
    tasks: [
      task('Home', '', 0),
      task('shop/View', 'shop', 0, 3),
      task('shop/pay/Card', 'shop/pay', 0, 9),
      task('shop/pay/Bill', 'shop/pay', 1),
    ],
    groups: [
      { name: 'shop', group: '', at: 1, weight: 3, isSequence: false },
      { name: 'shop/pay', group: 'shop', at: 1, weight: 1, isSequence: true },
      // Tags have left it without a task.
      { name: 'none', group: '', at: 2, weight: 100, isSequence: false },
    ],
  } as unknown as ScenarioPlan
  expect(
    taskShares(scenario).map(({ name, depth, within, isGroup }) => [name, depth, within, isGroup]),
  ).toEqual([
    ['Home', 0, 0.25, false],
    ['shop', 0, 0.75, true],
    ['View', 1, 0.75, false],
    ['pay', 1, 0.25, true],
    ['Card', 2, 0.5, false],
    ['Bill', 2, 0.5, false],
  ])
})
