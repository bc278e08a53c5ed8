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

interface Rate {
  readonly ratePerS: number
}

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
    // A disturbed host may end the climb below the capacity, and even at the smallest load; nothing may hold that the
    // target cannot.
    const [lower, upper] = [answer!.lower, answer!.upper].map(
      (load) => (load as Rate | null)?.ratePerS ?? null,
    )
    expect(lower ?? 0).toBeLessThan(CAPACITY * 1.3)
    if (answer!.limitedBy === 'target') expect(upper).toBeGreaterThan(CAPACITY)
    if (lower === null) expect(answer!.limitedBy).not.toBe('target')
    expect(code).toBe(lower === null ? 97 : 0)
    expect(stdout).toContain('p99 < 2s')
    expect(readFileSync(join(folder, 'find.html'), 'utf8')).toContain('Latency over load')
  }))
