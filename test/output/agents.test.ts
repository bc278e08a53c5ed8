/** A run on several hosts in everything that is shown and exported: workers are never named by their number only. */
import { describe, expect, test } from 'vitest'
import { Telemetry } from '../../src/core/export/telemetry.ts'
import type { AgentReport, AgentState } from '../../src/core/measure/host-facts.ts'
import type { SecondRow } from '../../src/core/measure/second.ts'
import { workerLabel } from '../../src/core/measure/worker-label.ts'
import type { SettledSecond } from '../../src/core/measure/timeline.ts'
import type { Report } from '../../src/core/report/report.ts'
import { renderSpans } from '../../src/output/push/otlp-traces.ts'
import { renderLogEntry } from '../../src/output/text/log-text.ts'
import { renderSummary } from '../../src/output/text/summary.ts'
import { viewOf } from '../../src/output/view/view.ts'
import { frameOf } from '../../src/output/web/web-state.ts'
import { quietHost } from '../support/evidence.ts'
import { liveOf } from '../support/live.ts'
import { planOf, reportOf, type Second } from '../support/reports.ts'

const PLAN = planOf({ workers: 3 })
const agent = (
  name: string,
  workers: AgentReport['workers'],
  more: Partial<AgentReport> = {},
): AgentReport => ({
  ...{ name, workers, labels: { zone: name }, host: {} as AgentReport['host'] },
  clock: { boundMs: 0.25, ratePpm: 1 },
  ...{ lost: null, stoppedBy: null, ...more },
})
const AGENTS = [agent('alpha', [0, 1]), agent('beta', [2, 2], { lost: { second: 1, message: 'silence' } })]
const SECONDS: Second[] = [
  { ok: { A: [20] }, utilization: 0.2 },
  { worker: 1, ok: { A: [20] }, utilization: 0.6 },
  { worker: 2, ok: { A: [20] }, utilization: 0.9 },
  { second: 1, ok: { A: [20] }, utilization: 0.4 },
  { second: 1, worker: 1, ok: { A: [20] }, utilization: 0.2 },
]
const of = (name: string, finished: number) => ({
  ...{ agent: name, host: quietHost, users: 3, inFlight: 1, sent: finished, finished, workersCpu: 0.5 },
})
const withAgents = (row: SecondRow): SecondRow => ({
  ...row,
  host: null,
  agents: row.second === 0 ? [of('alpha', 2), of('beta', 1)] : [of('alpha', 2)],
})
const settled: SettledSecond[] = []
const made = reportOf(PLAN, SECONDS, { agents: AGENTS }, (second) =>
  settled.push({ ...second, row: withAgents(second.row) }),
)
const REPORT: Report = { ...made, timeline: made.timeline.map(withAgents) }
/** The same where seconds keep only some workers. */
const summary = { count: 3, cpu: 1, stoodStillS: 0, delays: { all: NONE(), long: NONE() } }
function NONE() {
  return { lost: 0, seconds: 0 }
}
const KEPT: Report = {
  ...REPORT,
  timeline: REPORT.timeline.map((row) => ({
    ...row,
    workers: row.workers.filter(({ worker }) => worker !== 0),
    workersSummary: summary,
  })),
}

test('a worker is labelled by its agent and its number there', () => {
  expect([0, 1, 2, 3].map((worker) => workerLabel(worker, AGENTS))).toEqual([
    'alpha/0',
    'alpha/1',
    'beta/0',
    '3',
  ])
  expect(workerLabel(2)).toBe('2')
})

test('the summary has a phrase for each agent, whose busiest worker counts', () => {
  const text = renderSummary(REPORT, { color: false, width: 200 })
  expect(text).toContain('· 2 agents with 3 workers ·')
  expect(text).toContain(
    'agents    alpha with 2 workers, the busiest 50% (max 60%), clock ± 250 µs · beta with 1 worker, the busiest 90% (max 90%), clock ± 250 µs, lost in second 1',
  )
  expect(text).not.toMatch(/worker \d/)
  // Which workers a second keeps does not matter: the busiest is among them.
  expect(
    renderSummary({ ...KEPT, timeline: KEPT.timeline.slice(0, 1) }, { color: false, width: 200 }),
  ).toContain('alpha with 2 workers, the busiest 60% (max 60%)')
})

test('reasons of the verdict name the worker of the agent', () => {
  const reason = REPORT.verdict.reasons.find(({ worker }) => worker === 2)
  expect(reason).toMatchObject({ agent: 'beta', message: expect.stringMatching(/worker beta\/0/) as string })
})

describe('the pages', () => {
  test('have a table of the agents, and rows of workers, or of agents where seconds keep only some workers', () => {
    const [whole, kept] = [viewOf(REPORT), viewOf(KEPT)]
    expect(whole.agents.map(({ name, busy }) => [name, busy.mean, busy.max])).toEqual([
      ['alpha', 0.5, 0.6],
      ['beta', 0.9, 0.9],
    ])
    expect([whole.workers.of, whole.workers.units.map(({ number }) => number)]).toEqual(['worker', [0, 1, 2]])
    expect([kept.workers.of, kept.workers.units.map(({ number, max }) => [number, max])]).toEqual([
      'agent',
      [
        [0, 0.6],
        [1, 0.9],
      ],
    ])
    expect([whole.cores.of, whole.cores.units.map(({ number, mean }) => [number, mean])]).toEqual([
      'agent',
      [
        [0, 0.4],
        [1, 0.4],
      ],
    ])
    expect(viewOf(reportOf(planOf(), SECONDS.slice(0, 2))).agents).toEqual([])
  })

  test('while the run goes on each agent says how it is now', () => {
    const states: AgentState[] = [
      { name: 'alpha', workers: [0, 1], state: 'running', heardS: 0.2, boundMs: 0.2 },
      { name: 'beta', workers: [2, 2], state: 'lost', heardS: 9, boundMs: null },
    ]
    const run = { number: 1, version: '1', startedAt: '', plan: PLAN, warnings: [] }
    const { now } = frameOf(run, REPORT, liveOf(REPORT), [], null, states)
    expect(now!.agents).toMatchObject([
      {
        name: 'alpha',
        state: 'running',
        users: 3,
        inFlight: 1,
        finished: 2,
        coresBusy: 0.4,
        busiest: { worker: 0 },
      },
      { name: 'beta', state: 'lost', heardS: 9, users: 0, finished: 0, busiest: null },
    ])
    expect(frameOf(run, REPORT, liveOf(REPORT)).now!.agents).toBeNull()
  })

  test('and the log of tasks the agent that wrote a line', () => {
    const entry = { atS: 1, worker: 2, label: 'beta/0', level: 'log', text: 'hello' } as const
    const run = { number: 1, version: '1', startedAt: '', plan: PLAN, warnings: [] }
    const { log } = frameOf(run, REPORT, liveOf(REPORT), [entry])
    expect(log.map(({ text }) => text)).toContain('worker beta/0: hello')
    expect(renderLogEntry(entry, { color: false, width: 80 })).toEqual(['0:01 worker beta/0  hello'])
  })
})

test('exported gauges have the agent; where seconds keep only some workers, the busiest of each agent', () => {
  const gauges = (rows: readonly SettledSecond[], name: string) => {
    const telemetry = new Telemetry(PLAN, AGENTS)
    for (const second of rows) telemetry.settle(second)
    const { points } = telemetry.series().find((one) => one.name === name)!
    return points.map(({ attributes, value }) => [
      attributes['corerush.agent'],
      attributes['corerush.worker'] ?? attributes['corerush.core'] ?? null,
      value,
    ])
  }
  const first = settled.slice(0, 1)
  expect(gauges(first, 'corerush.worker.utilization')).toEqual([
    ['alpha', 0, 0.2],
    ['alpha', 1, 0.6],
    ['beta', 0, 0.9],
  ])
  expect(gauges(first, 'corerush.core.busy')).toEqual(
    ['alpha', 'beta'].flatMap((name) => [0, 1].map((core) => [name, core, 0.4])),
  )
  const kept = first.map((second) => ({ ...second, row: { ...second.row, workersSummary: summary } }))
  expect(gauges(kept, 'corerush.worker.utilization')).toEqual([
    ['alpha', null, 0.6],
    ['beta', null, 0.9],
  ])
})

test('spans have the agent and the number of the worker there', () => {
  const request = {
    ...{ name: 'A', method: 'GET', url: 'http://a.test/', worker: 1, user: 1, dueS: 0, sentS: 0, doneS: 1 },
    ...{
      latencyMs: 1,
      blockedMs: null,
      dnsMs: null,
      connectMs: null,
      tlsMs: null,
      firstByteMs: null,
      status: 200,
    },
    ...{ outcome: 'ok' as const, traceId: 'a'.repeat(32) },
  }
  const span = { request, traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), parentSpanId: null }
  const attributes = (agents: readonly AgentReport[]): string =>
    renderSpans([span], 0, { resource: {}, version: '1', agents })
  expect(attributes(AGENTS)).toMatch(
    /"corerush.agent","value":\{"stringValue":"alpha"\}.*"corerush.worker","value":\{"intValue":"?1/,
  )
  expect(attributes([])).not.toContain('corerush.agent')
})
