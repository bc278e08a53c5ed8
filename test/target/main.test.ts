import { describe, expect, test } from 'vitest'
import { renderCounts, renderSettings, resolveTargetOptions, runTarget } from '../../src/target/main.ts'

test('the command says where it listens, serves until the signal and says what it served', async () => {
  const out: string[] = []
  const control = new AbortController()
  const io = {
    stdout: { write: (text: string) => out.push(text) },
    stderr: { write: (text: string) => out.push(text) },
    signal: control.signal,
  }
  const over = runTarget({ port: 0, statuses: [{ status: 503, ratio: 1 }] }, io)
  while (out.length < 2) await new Promise(setImmediate)
  const url = /^corerush target listening on (http:\/\/127\.0\.0\.1:\d+)\n$/.exec(out[0]!)![1]!
  expect(await (await fetch(url)).text()).toHaveLength(200)
  control.abort()
  await over
  expect(out.slice(1).join('')).toMatchInlineSnapshot(`
    "answers at once with 200 B, 100% of them 503 (seed 1); Ctrl-C stops it
    corerush target answered 1 request on 1 connection
    "
  `)
})

describe('the words of the command', () => {
  test('the settings, in one line', () => {
    expect(renderSettings({})).toMatchInlineSnapshot(`"answers at once with 200 B (seed 1); Ctrl-C stops it"`)
    const latency = { kind: 'lognormal', medianS: 0.02, sigma: 0.5 } as const
    expect(
      renderSettings({ latency, statuses: [{ status: 503, ratio: 0.05 }], seed: 7 }),
    ).toMatchInlineSnapshot(
      `"answers after lognormal:20ms,0.5 with 200 B, 5% of them 503 (seed 7); Ctrl-C stops it"`,
    )
  })

  test('the counts, by status when there are several, and what was never answered', () => {
    expect(renderCounts({ requests: 12_345, connections: 550, statuses: { 200: 12_345 } }))
      .toMatchInlineSnapshot(`
      "corerush target answered 12,345 requests on 550 connections
      "
    `)
    expect(renderCounts({ requests: 1003, connections: 1, statuses: { 200: 950, 503: 50 } }))
      .toMatchInlineSnapshot(`
        "corerush target answered 1,000 requests on 1 connection
          200  950
          503  50
          3 requests not answered
        "
      `)
  })

  test('options as written become options as meant', () => {
    const raw = { port: '0', latency: '20ms', status: ['503:0.05', '404:0.1'], bodyBytes: '10k', seed: '7' }
    expect(resolveTargetOptions(raw)).toEqual({
      options: {
        host: '127.0.0.1',
        port: 0,
        latency: { kind: 'constant', seconds: 0.02 },
        statuses: [
          { status: 503, ratio: 0.05 },
          { status: 404, ratio: 0.1 },
        ],
        bodyBytes: 10_000,
        capacityPerS: Infinity,
        seed: 7,
      },
    })
    expect(resolveTargetOptions({ status: ['503'] })).toMatchObject({
      options: { statuses: [{ status: 503, ratio: 1 }] },
    })
    // As floating-point numbers these add up to 1.0000000000000002.
    expect(resolveTargetOptions({ status: ['503:0.34', '404:0.56', '429:0.1'] })).toHaveProperty('options')
  })

  test('all problems are reported together', () => {
    const raw = {
      port: '99999',
      latency: 'slow',
      status: ['503:0.9', '99', '404:0.2'],
      bodyBytes: '-1',
      seed: '',
      host: '',
    }
    expect(resolveTargetOptions(raw)).toMatchInlineSnapshot(`
      {
        "problems": [
          {
            "message": "must be a status from 200 to 599 with an optional ratio from 0 to 1, such as 503 or 503:0.05, got 99",
            "option": "status",
          },
          {
            "message": "must be an address or a host name, got nothing",
            "option": "host",
          },
          {
            "message": "must be a port from 0 to 65535, got 99999",
            "option": "port",
          },
          {
            "message": "must be a latency such as 20ms, uniform:5ms,50ms or lognormal:20ms,0.5, got "slow"",
            "option": "latency",
          },
          {
            "message": "must be a whole number from 0 to 100000000, got -1",
            "option": "bodyBytes",
          },
          {
            "message": "must be a whole number from 0 to 4294967295, got nothing",
            "option": "seed",
          },
          {
            "message": "must have ratios that add up to at most 1, got 1.1",
            "option": "status",
          },
        ],
      }
    `)
  })
})
