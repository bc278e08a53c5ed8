import { expect, test } from 'vitest'
import { shape } from '../../../src/core/load/shape.ts'
import { loadChart } from '../../../src/output/text/load-chart.ts'
import { widthOf } from '../../../src/output/text/paint.ts'
import { renderPlan } from '../../../src/output/text/dry-run.ts'
import { planOf } from '../../support/reports.ts'

const NONE = { users: undefined, wait: undefined, duration: undefined }
const staged = (stages: readonly string[]) => planOf({ ...NONE, stages })
const shown = (stages: readonly string[], width = 50): string =>
  `\n${loadChart(staged(stages), { color: false, width }).join('\n')}\n`

test('users that rise, hold, jump and fall', () => {
  expect(shown(['30s:100', '1m:100', '0s:40', '30s:40', '30s:0'])).toMatchInlineSnapshot(`
    "
    users     100 ┤     ▁▆██████████████
                  │    ▅████████████████
                  │  ▃██████████████████▅▅▅▅▅▅▅▄▂
                  │▂▇█████████████████████████████▆▅▃▁
                0 └───────────────────────────────────
                   0s                            2m30s
    "
  `)
})

test('a rate that is a function of time, in as many columns as there are', () => {
  const wave = shape({ duration: '10m', ratePerS: (t) => 100 + 50 * Math.sin(t / 60) })
  expect(shown(wave, 200)).toMatchInlineSnapshot(`
    "
    rate      150/s ┤  ▂▃▅▆▇▇███▇▇▆▄▃▁                       ▂▄▅▆▇████▇▆▅▄▃▁
                    │▆█████████████████▆▄▂▁             ▂▃▅▇████████████████▇▅▄▂
                    │██████████████████████▇▆▅▄▃▃▃▃▃▄▅▆██████████████████████████
                    │████████████████████████████████████████████████████████████
                  0 └────────────────────────────────────────────────────────────
                     0s                                                       10m
    "
  `)
  for (const width of [20, 30, 40])
    for (const line of shown(wave, width).split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(width)
})

test('what is hardly anything still shows, and nothing does not', () => {
  const rows = shown(['0s:1', '10s:1', '0s:1000', '10s:1000', '0s:0', '10s:0']).split('\n')
  expect(rows[4]).toMatch(/│▁+█+$/)
})

test('none where the load only rises and holds, or where there is no room', () => {
  const style = { color: false, width: 80 }
  expect(loadChart(planOf(), style)).toEqual([])
  expect(loadChart(staged(['10s:5', '10s:0']), { ...style, width: 15 })).toEqual([])
})

test('many stages are one in the table of a dry run', () => {
  const plan = staged(shape({ duration: '1m', users: (t) => 10 + 5 * Math.sin(t) }))
  const [, table = ''] = renderPlan(plan, { color: false, width: 100 }).split('\n\n')
  expect(table).toMatchInlineSnapshot(`
    "stage          worker  users at end      users start at
    1m: 54 stages       0             4  0.000 s … 57.667 s
    1m: 54 stages       1             4  0.000 s … 57.333 s
    "
  `)
})
