import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { renderLive, type LiveState } from '../../../src/output/live/live-frame.ts'
import { agentBars } from '../../../src/output/live/live-charts.ts'
import type { AgentState } from '../../../src/core/measure/host-facts.ts'
import { LiveView } from '../../../src/output/live/live-view.ts'
import { ProgressLines, renderProgress, WarningLines } from '../../../src/output/live/progress.ts'
import type { LiveSecond, RunStart } from '../../../src/output/output.ts'
import { widthOf } from '../../../src/output/text/paint.ts'
import type { Options } from '../../../src/core/options/options.ts'
import { quietHost } from '../../support/evidence.ts'
import { liveOf as liveSecondOf } from '../../support/live.ts'
import { planOf, reportOf, timelineOf, type Second } from '../../support/reports.ts'

const runOf = (options?: Options, warnings: string[] = []): RunStart => ({
  plan: planOf(options),
  version: '1.2.3',
  startedAt: '2026-01-02T03:04:05.678Z',
  warnings,
  elapsedS: () => 1.5,
})

const liveOf = (seconds: readonly Second[]): LiveSecond => ({
  ...liveSecondOf(reportOf(planOf(), seconds)),
  recent: timelineOf(planOf(), seconds).timeline.recent(),
})

const HEALTHY: Second[] = [
  { ok: { GetPrograms: [20, 21, 22] }, utilization: 0.05 },
  { worker: 1, ok: { GetPrograms: [23, 24] }, utilization: 0.06 },
]
const TROUBLE: Second[] = [
  {
    ok: { GetPrograms: [20, 1200] },
    failures: [
      ['GetPrograms', 'connect.refused', 'refused', 1234],
      ['GetPrograms', 'headers.timeout', 'timed out', 7],
    ],
    utilization: 0.85,
  },
  { worker: 1, ok: { GetPrograms: [23] }, utilization: 1 },
]
const state = (latest: LiveSecond | null, elapsedS = 1.5, options?: Options): LiveState => ({
  run: runOf(options),
  elapsedS,
  latest,
})
const frame = (live: LiveState, width: number): string =>
  `\n${renderLive(live, { color: false, width }).join('\n')}\n`

describe('a frame', () => {
  test('before the first second has closed', () => {
    expect(frame(state(null, 0.4), 80)).toMatchInlineSnapshot(`
      "
      corerush GET http://127.0.0.1:8080/GetPrograms
      ██████························ 0:00 · 0:02 left
      measuring the first second …
      "
    `)
  })
  test('the order to stop is acknowledged, whatever is left', () => {
    const stopping = { ...state(liveOf(HEALTHY)), isStopping: true }
    expect(frame(stopping, 80)).toContain(' 0:01 · stopping; press again to quit\n')
  })

  test('of a healthy run', () => {
    expect(frame(state(liveOf(HEALTHY)), 80)).toMatchInlineSnapshot(`
      "
      corerush GET http://127.0.0.1:8080/GetPrograms
      ██████████████████████▌······· 0:01 · 0:01 left
      users 10 of 10   in flight 0   requests 5   req/s 5.00
      last 10 s: p50 22.0 ms   p95 24.0 ms   p99 24.0 ms   max 24.0 ms
      failed none
      generator healthy   lag p99 300 µs   loop delay 2.50 ms   gc 1.25 ms
      worker 0  █▏·····················   5%   worker 1  █▍·····················   6%
      request      finished  req/s  p50, 1 s  p95, 1 s  p99, 1 s  failed
      GetPrograms         5   5.00   22.0 ms   24.0 ms   24.0 ms       –
      "
    `)
  })
  test('of a run in trouble, past its end', () => {
    expect(frame(state(liveOf(TROUBLE), 2.5), 80)).toMatchInlineSnapshot(`
      "
      corerush GET http://127.0.0.1:8080/GetPrograms
      ██████████████████████████████ 0:02 · draining
      users 10 of 10   in flight 0   requests 1,244   req/s 1,244
      last 10 s: p50 23.0 ms   p95 1.20 s   p99 1.20 s   max 1.20 s
      failed 1,241 (99.76%)   connect.refused 1,234   headers.timeout 7
      generator saturated   lag p99 300 µs   loop delay 2.50 ms   gc 1.25 ms
      worker 0  ███████████████████▌···  85%   worker 1  ███████████████████████ 100%
      request      finished  req/s  p50, 1 s  p95, 1 s  p99, 1 s  failed
      GetPrograms     1,244  1,244   23.0 ms    1.20 s    1.20 s   1,241
      "
    `)
  })
  test('progress is that of the end which is nearest', () => {
    const ofIterations = state({ ...liveOf(HEALTHY), iterations: 30 }, 0.5, { iterations: 60, users: 3 })
    expect(frame(ofIterations, 80)).toContain('\n███████████████··············· 0:00 · 0:02 left\n')
  })
  test('40 and 20 columns wide', () => {
    expect(frame(state(liveOf(TROUBLE)), 40)).toMatchInlineSnapshot(`
      "
      corerush GET http://127.0.0.1:8080/GetP…
      ███████▌·· 0:01 · 0:01 left
      users 10 of 10   in flight 0
      requests 1,244   req/s 1,244
      last 10 s: p50 23.0 ms   p95 1.20 s
      p99 1.20 s   max 1.20 s
      failed 1,241 (99.76%)
      connect.refused 1,234
      headers.timeout 7
      generator saturated   lag p99 300 µs
      loop delay 2.50 ms   gc 1.25 ms
      worker 0  █████████████████████▎···  85%
      worker 1  █████████████████████████ 100%
      request      req/s  p99, 1 s  failed
      GetPrograms  1,244    1.20 s   1,241
      "
    `)
    expect(frame(state(liveOf(TROUBLE)), 20)).toMatchInlineSnapshot(`
      "
      corerush GET http:/…
      ███· 0:01 · 0:01 le…
      users 10 of 10
      in flight 0
      requests 1,244
      req/s 1,244
      last 10 s: p50 23.0…
      p95 1.20 s
      p99 1.20 s
      max 1.20 s
      failed 1,241 (99.76…
      connect.refused 1,2…
      headers.timeout 7
      generator saturated
      lag p99 300 µs
      loop delay 2.50 ms
      gc 1.25 ms
      worker 0  ████▎  85%
      worker 1  █████ 100%
      requ…  req/s  failed
      GetP…  1,244   1,241
      "
    `)
  })
  test('of a run that ends by its requests', () => {
    expect(frame(state(liveOf(HEALTHY), 75, { requests: 10, duration: undefined }), 60))
      .toMatchInlineSnapshot(`
        "
        corerush GET http://127.0.0.1:8080/GetPrograms
        ███████████████··············· 1:15
        users 10 of 10   in flight 0   requests 5   req/s 5.00
        last 10 s: p50 22.0 ms   p95 24.0 ms   p99 24.0 ms
        max 24.0 ms
        failed none
        generator healthy   lag p99 300 µs   loop delay 2.50 ms
        gc 1.25 ms
        worker 0  ▋············   5%   worker 1  ▊············   6%
        request      finished  req/s  p50, 1 s  p99, 1 s  failed
        GetPrograms         5   5.00   22.0 ms   24.0 ms       –
        "
      `)
  })
  test('a light for each threshold, and the measurement so far; keys choose the table and show help', () => {
    const live = liveOf(TROUBLE)
    const judged: LiveState = { ...state(live), judgement: live.judged() }
    const keys = { table: 'outcomes', isPaused: true, showsHelp: false, isUnfolded: false } as const
    const text = frame({ ...judged, keys }, 80)
    expect(text).toContain('\n✓ succeeded > 0   ✗ failed < 1%\n')
    expect(text).toMatch(/\nmeasurement so far suspect {3}generator\.busy/)
    expect(text).toContain(' · view paused\n')
    expect(text).toMatch(/\nrequests {2}outcomes {2}workers {2}tab · \? for help\noutcome +requests +share\n/)
    expect(frame({ ...judged, keys: { ...keys, table: 'workers' } }, 80)).toMatch(
      /\nworker +busy .*\n +0 +85%/,
    )
    expect(frame({ ...judged, keys: { ...keys, showsHelp: true } }, 80)).toMatch(/\nq +stop the run/)
  })
  test.for([1, 4, 9, 12, 24])('is never higher than %i lines, and what matters most is in it', (rows) => {
    const live = liveOf(TROUBLE)
    const keys = { table: 'requests', isPaused: false, showsHelp: false, isUnfolded: false } as const
    const lines = renderLive(
      { ...state(live), judgement: live.judged(), keys },
      { color: false, width: 80 },
      rows,
    )
    expect(lines.length).toBeLessThanOrEqual(rows)
    expect(lines[0]).toContain('corerush GET')
  })
  test('charts come last, once there is a course to show', () => {
    const live = liveOf(HEALTHY)
    const cores = [0.1, 0.9].map((busy, core) => ({ core, busy, iowait: null, steal: null }))
    const row = { ...live.row, host: { ...quietHost, cores } }
    const charted = { ...state({ ...live, row }), seconds: [row, row] }
    expect(renderLive(charted, { color: false, width: 80 }).slice(7)).toMatchInlineSnapshot(`
      [
        "worker 1  █▍·····················   6%   core 1    ████████████████████▊··  90%",
        "p50 ██ to 22.0 ms",
        "p95 ██ to 24.0 ms",
        "p99 ██ to 24.0 ms",
        "request      finished  req/s  p50, 1 s  p95, 1 s  p99, 1 s  failed",
        "GetPrograms         5   5.00   22.0 ms   24.0 ms   24.0 ms       –",
      ]
    `)
  })
  describe('of several hosts', () => {
    const agents: readonly AgentState[] = [
      { name: 'alpha', workers: [0, 1], state: 'running', heardS: 0.31, boundMs: 0.214 },
      { name: 'beta', workers: [2, 3], state: 'silent', heardS: 4.2, boundMs: 0.3 },
      { name: 'gamma', workers: [4, 4], state: 'lost', heardS: 11, boundMs: null },
    ]
    const live = liveOf(TROUBLE)
    const [one] = live.row.workers
    const workers = [0.4, 0.7, 0.97, 0.1].map((utilization, worker) => ({ ...one!, worker, utilization }))
    const fleet = { ...state({ ...live, row: { ...live.row, workers } }), agents }
    const keys = { table: 'workers', isPaused: false, showsHelp: false, isUnfolded: false } as const
    const bars = (isUnfolded: boolean): string[] =>
      renderLive({ ...fleet, keys: { ...keys, isUnfolded } }, { color: false, width: 80 })

    test('each agent has a bar, that of its busiest worker, and says when it was heard last', () => {
      const lines = bars(false)
      expect(lines.slice(6, 9)).toMatchInlineSnapshot(`
        [
          "alpha     ██████▎··  70%  alpha/1 · running · heard 0.3 s ago · clock ± 214 µs",
          "beta      ████████▊  97%  beta/0 · silent · heard 4.2 s ago · clock ± 300 µs",
          "gamma     ·········    – · lost · heard 11.0 s ago",
        ]
      `)
      expect(lines.slice(9)).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^alpha\/1 +70%/),
          expect.stringMatching(/^ *beta\/1 +10%/),
        ]),
      )
    })

    test('unfolded, the bars of its workers stand below, named with the agent', () => {
      expect(bars(true).slice(6, 11)).toMatchInlineSnapshot(`
        [
          "alpha     ██████▎··  70%  alpha/1 · running · heard 0.3 s ago · clock ± 214 µs",
          "alpha/0   █████████▎·············  40%   alpha/1   ████████████████▏······  70%",
          "beta      ████████▊  97%  beta/0 · silent · heard 4.2 s ago · clock ± 300 µs",
          "beta/0    ██████████████████████▎  97%   beta/1    ██▎····················  10%",
          "gamma     ·········    – · lost · heard 11.0 s ago",
        ]
      `)
    })

    test('of more agents than there is room for, those in trouble and the busiest are shown', () => {
      const many = Array.from({ length: 30 }, (_, at) => ({
        ...agents[0]!,
        name: `agent${at}`,
        workers: [at, at] as const,
        state: at === 17 ? ('lost' as const) : ('running' as const),
      }))
      const busy = many.map((_, worker) => ({ ...one!, worker, utilization: worker === 9 ? 0.9 : 0.1 }))
      const lines = agentBars(many, busy, { color: false, width: 100 })
      expect(lines).toHaveLength(9)
      expect(lines.at(-1)).toBe('and 22 more agents')
      expect(lines.some((line) => /^agent17 .*lost/.test(line))).toBe(true)
      expect(lines.some((line) => /^agent9 .* 90%/.test(line))).toBe(true)
    })

    test('the key is in the help, and the plain line names an agent that is not heard', () => {
      expect(frame({ ...fleet, keys: { ...keys, showsHelp: true } }, 80)).toMatch(
        /\na +show or hide the bars/,
      )
      const run = { ...fleet.run, agentsNow: () => agents }
      expect(renderProgress({ ...fleet, run })).toMatch(
        /busiest worker 97% \(beta\/0\) {2}agent beta silent, heard 4\.2 s ago {2}agent gamma lost/,
      )
    })

    test.for([1, 20, 40, 60, 80, 200])('is never wider than %i columns', (width) => {
      for (const isUnfolded of [false, true])
        for (const line of renderLive({ ...fleet, keys: { ...keys, isUnfolded } }, { color: false, width }))
          expect(widthOf(line)).toBeLessThanOrEqual(width)
    })
  })
  test('with more workers than lines are given to', () => {
    const many = liveOf(HEALTHY)
    const workers = Array.from({ length: 20 }, (_, worker) => ({ ...many.row.workers[0]!, worker }))
    const lines = renderLive(state({ ...many, row: { ...many.row, workers } }), { color: false, width: 80 })
    expect(lines.filter((line) => line.startsWith('worker '))).toHaveLength(8)
    expect(lines).toContain('and 4 more workers')
  })
  test.for([1, 10, 20, 30, 40, 60, 80, 200])(
    'is never wider than %i columns, nor steers the terminal',
    (width) => {
      const options = { name: 'x\u001b[2J世界', url: `http://127.0.0.1:8080/${'x'.repeat(99)}` }
      for (const live of [
        state(null),
        state(liveOf(HEALTHY), 1, options),
        state(liveOf(TROUBLE), 1, options),
      ])
        for (const line of renderLive(live, { color: false, width })) {
          expect({ line, fits: widthOf(line) <= width }).toEqual({ line, fits: true })

          expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/)
        }
    },
  )
})

test('the plain line, for where there is no terminal', () => {
  expect(renderProgress(state(null, 3))).toMatchInlineSnapshot(`"corerush 0:03"`)
  expect(renderProgress(state(liveOf(HEALTHY)))).toMatchInlineSnapshot(
    `"corerush 0:01  users 10/10  requests 5  req/s 5.00  p50 22.0 ms  p95 24.0 ms  p99 24.0 ms  failed 0  busiest worker 6%"`,
  )
  expect(renderProgress(state(liveOf(TROUBLE)))).toMatchInlineSnapshot(
    `"corerush 0:01  users 10/10  requests 1244  req/s 1,244  p50 23.0 ms  p95 1.20 s  p99 1.20 s  failed 1241  busiest worker 100%"`,
  )
})

describe('what is written', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  const screen = (size: { columns?: number; rows?: number } = {}) => {
    const written: string[] = []
    return { ...size, written, write: (text: string) => written.push(text) }
  }

  test('the live view hides the cursor, paints each frame over the last in one write, and restores once', () => {
    const terminal = screen({ columns: 80, rows: 24 })
    const view = new LiveView(terminal, false)
    view.restore()
    expect(terminal.written).toEqual([])
    view.start(runOf({}, ['the target\u001b[2J is down']))
    expect(terminal.written.slice(0, 2)).toEqual(['warning: the target�[2J is down\n', '\u001b[?25l'])
    expect(terminal.written).toHaveLength(3)
    view.second(liveOf(HEALTHY))
    vi.advanceTimersByTime(1000)
    expect(terminal.written).toHaveLength(7)
    const heights = terminal.written.slice(2).map((text) => text.split('\n').length - 1)
    expect(heights).toEqual([3, 11, 11, 11, 11])
    expect(terminal.written[3]).toMatch(/^\u001b\[\?2026h\u001b\[3F/)
    expect(terminal.written[4]).toMatch(/^\u001b\[\?2026h\u001b\[11F/)
    view.finish()
    view.restore()
    vi.advanceTimersByTime(1000)
    expect(terminal.written).toHaveLength(8)
    expect(terminal.written.at(-1)).toBe('\u001b[11F\u001b[0J\u001b[?25h')
  })

  test('keys: the table is the next one, and a paused view stands still until it goes on or the run stops', () => {
    const terminal = screen({ columns: 80, rows: 24 })
    const view = new LiveView(terminal, false, true)
    view.start(runOf())
    view.second(liveOf(HEALTHY))
    view.press('table')
    expect(terminal.written.at(-1)).toContain('outcome ')
    view.press('pause')
    view.second(liveOf(TROUBLE))
    vi.advanceTimersByTime(500)
    expect(terminal.written.at(-1)).toContain('failed none')
    expect(terminal.written.at(-1)).toContain('view paused')
    view.stopping()
    expect(terminal.written.at(-1)).toContain('1,241')
    expect(terminal.written.at(-1)).not.toContain('view paused')
    view.restore()
  })

  test('the log of tasks stands above the frame, and in lines of its own without one', () => {
    const entry = { atS: 1, worker: 0, level: 'log', text: 'hello' } as const
    const terminal = screen({ columns: 80, rows: 24 })
    const view = new LiveView(terminal, false, true)
    view.start(runOf())
    view.logged([entry, { ...entry, worker: null, text: 'from setup' }])
    expect(terminal.written.slice(-4, -1)).toEqual([
      '\u001b[3F\u001b[0J',
      '0:01 worker 0  hello\n',
      'main  from setup\n',
    ])
    expect(terminal.written.at(-1)).not.toMatch(/^\u001b\[\?2026h\u001b\[\d+F/)
    view.restore()
    for (const lines of [view, new ProgressLines(terminal), new WarningLines(terminal)]) {
      lines.logged([entry])
      expect(terminal.written.pop()).toBe('0:01 worker 0  hello\n')
    }
  })

  test('the load as amended is what is shown, and what came to nothing stands above the frame', () => {
    const terminal = screen({ columns: 80, rows: 24 })
    const view = new LiveView(terminal, false, true)
    view.start(runOf())
    view.second(liveOf(HEALTHY))
    view.amended(planOf({ users: 25 }))
    view.warn('the load is over')
    expect(terminal.written.slice(-2)).toEqual([
      'warning: the load is over\n',
      expect.stringContaining('users 10 of 25') as string,
    ])
    // The frame before is gone, and the next one does not go back over the warning.
    expect(terminal.written.at(-3)).toBe('\u001b[3F\u001b[0J')
    expect(terminal.written.at(-1)).not.toMatch(/^\u001b\[\?2026h\u001b\[\d+F/)
    view.restore()
  })

  test.for([
    [{ columns: 0, rows: 0 }, 79],
    [{}, 79],
    [{ columns: 30, rows: 5 }, 29],
    [{ columns: 1, rows: 1 }, 1],
  ] as const)('on a screen of %o no frame is wider than %i', ([size, width]) => {
    const terminal = screen(size)
    const view = new LiveView(terminal, false)
    view.second(liveOf(TROUBLE))
    view.start(runOf())
    const lines = terminal.written[1]!.replace(/\u001b\[[?\d;]*[A-Za-z]/g, '').split('\n')
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(width)
    if (width > 1) expect(lines[0]).toContain('corerush')
    view.restore()
  })

  test('the plain lines come every five seconds, and warnings always', () => {
    const stream = screen()
    const lines = new ProgressLines(stream)
    lines.start(runOf({}, ['one\u001b[2J']))
    const live = liveOf(HEALTHY)
    for (let second = 0; second < 12; second++) lines.second({ ...live, row: { ...live.row, second } })
    expect(stream.written.map((line) => line.slice(0, 14))).toEqual([
      'warning: one�[',
      'corerush 0:05 ',
      'corerush 0:10 ',
    ])
    const quiet = screen()
    new WarningLines(quiet).start(runOf({}, ['one\u001b[2J', 'two']))
    expect(quiet.written).toEqual(['warning: one�[2J\n', 'warning: two\n'])
  })
})
