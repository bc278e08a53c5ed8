import { expect, test } from 'vitest'
import { runCli } from '../support/cli.ts'
import { startFaults } from '../support/faults.ts'

test('a dry run prints the plan and the exact portion of each worker, and sends nothing', async () => {
  const server = await startFaults('ok')
  try {
    const words = ['-u', '550', '-w', '4', '--wait', '0.9s-1.1s', '--ramp-up', '11s', '-d', '1m', '-n', '10k']
    const request = ['-b', '<x/>', '-H', 'Authorization: Bearer hidden', '--name', 'GetPrograms']
    const url = ['--url', `${server.url}/GetPrograms?token=hidden`]
    const { code, stdout, stderr } = await runCli([...words, ...request, ...url, '--dry-run'])
    expect([code, stderr, server.accepted()]).toEqual([0, '', 0])
    expect(stdout).not.toContain('hidden')
    // All lines of a plan: test/output/text/dry-run.test.ts.
    expect(stdout).toMatch(/^dry run: nothing is sent\nrequest +POST http:\S+\/GetPrograms\?token=\*\*\*\n/)
    expect(stdout.slice(stdout.indexOf('stage '))).toMatchInlineSnapshot(`
      "stage          worker  users at end      users start at
      11s: 0 → 550        0           138  0.000 s … 10.960 s
      11s: 0 → 550        1           138  0.020 s … 10.980 s
      11s: 0 → 550        2           137  0.040 s … 10.920 s
      11s: 0 → 550        3           137  0.060 s … 10.940 s
      49s: hold 550       0           138                none
      49s: hold 550       1           138                none
      49s: hold 550       2           137                none
      49s: hold 550       3           137                none
      "
    `)
  } finally {
    await server.stop()
  }
})
