/** `corerush find` as its user types it, against nginx with `limit_req`, whose capacity is known; or the embedded target. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import { startTarget } from '../../src/target/server.ts'
import type { FindReport } from '../../src/core/find/find-report.ts'
import { runCli, withFolder } from '../support/cli.ts'
import { hasNginx, startNginx } from '../support/nginx.ts'

const PER_S = 200

/** Where there is no nginx, the embedded target lets requests wait. */
async function startLimited(folder: string) {
  if (hasNginx) return { ...(await startNginx(folder, PER_S)), goal: 'failed < 1%' }
  const target = await startTarget({ port: 0, capacityPerS: PER_S })
  return { url: target.url, stop: () => target.stop(), goal: 'p99 < 500ms' }
}

test('the interval holds the capacity of the target, in every output', () =>
  withFolder(async (folder) => {
    const target = await startLimited(folder)
    const file = (name: string): string => join(folder, name)
    const { stdout, code } = await runCli([
      ...['find', '--url', `${target.url}/`, '--rate', '160/s..240/s', '--threshold', target.goal],
      ...['--for', '2s', '--trial', '1s', '--confirm', '0', '--precision', '50%', '--max-time', '50s'],
      ...['--out', `json=${file('find.json')}`, '--out', `html=${file('find.html')}`],
    ])
    await target.stop()
    const report = JSON.parse(readFileSync(file('find.json'), 'utf8')) as FindReport
    const schema = JSON.parse(
      readFileSync(new URL('../../schema/find.schema.json', import.meta.url), 'utf8'),
    ) as object
    const validate = new Ajv({ strict: false }).compile(schema)
    expect([validate(report), validate.errors]).toEqual([true, null])
    expect(stdout).toContain(target.goal)
    expect(readFileSync(file('find.html'), 'utf8')).toContain('Latency over load')
    const [answer] = report.answers
    const [lower, upper] = [answer!.lower, answer!.upper].map(
      (load) => (load as { readonly ratePerS: number } | null)?.ratePerS ?? null,
    )
    expect(code).toBe(lower === null ? 97 : 0)
    // A disturbed host may be the limit itself; what it blames on the target must be true.
    if (answer!.limitedBy === 'generator') return
    expect(answer!.limitedBy).toBe('target')
    expect(answer!.reason).toContain(`${target.goal}: `)
    expect(lower).toBeLessThanOrEqual(PER_S)
    expect(upper).toBeGreaterThan(PER_S)
  }))
