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
    expect(stdout.replaceAll(server.url, 'URL').replace(/corerush\/\S+/, 'corerush/VERSION'))
      .toMatchInlineSnapshot(`
        "dry run: nothing is sent
        request   POST URL/GetPrograms?token=***
        name      GetPrograms
        header    user-agent: corerush/VERSION
        header    Authorization: ***
        body      4 B
        success   status 2xx,3xx
        model     closed: up to 550 users, wait 0.9s-1.1s
        at most   550 requests/s, if the target answers at once
        ends      after 1m or after exactly 10,000 requests across all workers; then up to 30s for requests in flight
        time-outs 30s per request, 10s to connect
        transport undici
        seed      1
        threshold succeeded > 0
        threshold failed < 1%

        stage          worker  users at end      users start at
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
