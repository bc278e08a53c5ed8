/** `corerush find` as its user types it, against the embedded target, whose capacity is known. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTarget, type Target } from '../../src/target/server.ts'
import type { FindReport } from '../../src/core/find/find-report.ts'
import { runCli, withFolder } from '../support/cli.ts'

const CAPACITY = 100

let target: Target
beforeAll(async () => {
  target = await startTarget({ port: 0, capacityPerS: CAPACITY })
})
afterAll(() => target.stop())

const QUICK = ['--for', '2s', '--trial', '1s', '--confirm', '0', '--precision', '30%', '--max-time', '50s']

test('the interval holds the capacity of the target, in every output', () =>
  withFolder(async (folder) => {
    const { stdout, code } = await runCli([
      ...['find', '--url', `${target.url}/`, '--rate', '40/s..', '--threshold', 'p99 < 2s', ...QUICK],
      ...['--out', `json=${join(folder, 'find.json')}`, '--out', `html=${join(folder, 'find.html')}`],
    ])
    const report = JSON.parse(readFileSync(join(folder, 'find.json'), 'utf8')) as FindReport
    const schema = JSON.parse(
      readFileSync(new URL('../../schema/find.schema.json', import.meta.url), 'utf8'),
    ) as object
    const validate = new Ajv({ strict: false }).compile(schema)
    expect([validate(report), validate.errors]).toEqual([true, null])
    const [answer] = report.answers
    expect(answer!.lower).not.toBeNull()
    // A disturbed host may end the climb below the capacity; nothing may hold that the target cannot.
    expect((answer!.lower as { ratePerS: number }).ratePerS).toBeLessThan(CAPACITY * 1.3)
    if (answer!.limitedBy === 'target')
      expect((answer!.upper as { ratePerS: number }).ratePerS).toBeGreaterThan(CAPACITY)
    expect(code).toBe(0)
    expect(stdout).toContain('p99 < 2s')
    expect(readFileSync(join(folder, 'find.html'), 'utf8')).toContain('Latency over load')
  }))

test('thresholds that fail at the smallest load are the answer: none held, exit code 99', async () => {
  const { stdout, code } = await runCli([
    ...['find', '--url', `${target.url}/`, '--users', '1..4', '--wait', '100ms', ...QUICK],
    ...['--threshold', 'failed > 50%'],
  ])
  expect(stdout).toContain('no load was held')
  expect(code).toBe(99)
})
