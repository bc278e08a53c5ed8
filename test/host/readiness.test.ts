import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { capacityShare, soundPerS, type Capacity } from '../../src/core/plan/sound-capacity.ts'
import { capacityFile, readCapacity, writeCapacity } from '../../src/host/machine/kept-capacity.ts'
import { readLimits } from '../../src/host/host-check.ts'
import { readinessWarnings, readLoad, type Readiness } from '../../src/host/readiness.ts'
import { renderPlan } from '../../src/output/text/dry-run.ts'
import { OTHER_REQUESTS } from '../../src/core/request/row.ts'
import { A_REQUEST, anOpenPlan, aPlan } from '../support/plan.ts'

const IDLE: Readiness = {
  cores: { usable: 2, quota: null },
  memoryAvailableBytes: 4e9,
  load1: 0.1,
  soundPerS: null,
  heap: { usedBytes: 40e6, limitBytes: 4e9 },
}
const users = (n: number) =>
  aPlan({ wait: { kind: 'constant', seconds: 1 }, stages: [{ fromUsers: 0, toUsers: n, durationS: 1 }] })

describe('what a host is short of for a plan', () => {
  test('of nothing', () => {
    expect(readinessWarnings(users(550), IDLE)).toEqual([])
  })

  test('of cores, by what the quota pays for', () => {
    const cores = { usable: 1, quota: 0.5 }
    expect(readinessWarnings({ ...users(5), workers: 4 }, { ...IDLE, cores })).toEqual([
      '4 workers share 1 usable core, by a CPU quota of 0.5 cores: they will wait for each other; use --workers 1',
      'the load average is 0.1 already, on 1 usable core: end what else runs here, or the measurement may be suspect',
    ])
  })

  test('of memory, of which TLS takes more', () => {
    expect(readinessWarnings(users(20_000), { ...IDLE, memoryAvailableBytes: 400e6 })).toEqual([])
    expect(readinessWarnings(users(50_000), { ...IDLE, memoryAvailableBytes: 400e6 })).toEqual([
      '50,000 users may take about 530 MB, and 400 MB of memory are left on this host: plan fewer',
    ])
    const plan = users(20_000)
    const request = { ...plan.request, url: 'https://127.0.0.1/' }
    expect(readinessWarnings({ ...plan, request }, { ...IDLE, memoryAvailableBytes: 400e6 })).toHaveLength(1)
  })

  test('of time, which others take already; where the platform tells', () => {
    expect(readinessWarnings(users(5), { ...IDLE, load1: 7 })).toMatchObject([/load average is 7\.0 already/])
    expect(readinessWarnings(users(5), { ...IDLE, load1: null })).toEqual([])
  })

  describe('of room for the names of its targets', () => {
    const targets = (names: string[], durationS: number | null = 3600) => ({
      ...users(1),
      durationS,
      targets: {
        file: 'targets.txt',
        requests: names.map((name) => ({ weight: 1, request: { ...A_REQUEST, name } })),
      },
    })
    const names = (n: number) => Array.from({ length: n }, (_, i) => `GET /${i}`)
    const small = { ...IDLE, heap: { usedBytes: 40e6, limitBytes: 200e6 } }

    test('in the heap of the main thread', () => {
      expect(readinessWarnings(targets(names(400)), IDLE)).toEqual([])
      expect(readinessWarnings(targets(names(400)), small)).toEqual([
        'the figures of 400 request names may take about 90.0 MB, and the heap of the main thread is limited to 200 MB: the run may end early; give it more (NODE_OPTIONS=--max-old-space-size=1024, in MB), or requests that belong together one name',
      ])
      expect(readinessWarnings(targets(names(400), null), small)).toHaveLength(1)
      expect(readinessWarnings(targets(names(400), 60), small)).toEqual([])
      expect(readinessWarnings(targets(names(400).fill('GET /same')), small)).toEqual([])
    })

    test('in the report', () => {
      expect(
        readinessWarnings(targets([...names(500), ...Array<string>(3).fill(OTHER_REQUESTS)]), IDLE),
      ).toEqual([
        '3 requests of the targets will be reported as one row, (other requests), as a report has at most 500 names: give requests that belong together one name',
      ])
    })
  })

  test('of what it was measured to make', () => {
    expect(readinessWarnings(users(5000), { ...IDLE, soundPerS: 4000 })).toEqual([
      'the plan asks for up to 5,000 requests/s, 125% of what this host makes soundly (4,000/s by corerush doctor)',
    ])
    expect(readinessWarnings(users(3000), { ...IDLE, soundPerS: 4000 })).toEqual([])
    expect(readinessWarnings(aPlan({ wait: { kind: 'none' } }), { ...IDLE, soundPerS: 1 })).toEqual([])
  })
})

describe('with a folder of its own', () => {
  let folder: string
  beforeEach(() => {
    folder = `${mkdtempSync(join(tmpdir(), 'corerush-host-'))}/`
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  test('load, memory and limits are read as the kernel writes them', () => {
    mkdirSync(join(folder, 'proc/sys/net/core'), { recursive: true })
    mkdirSync(join(folder, 'proc/sys/net/ipv4'), { recursive: true })
    mkdirSync(join(folder, 'proc/self'), { recursive: true })
    writeFileSync(join(folder, 'proc/meminfo'), 'MemTotal: 16000 kB\nMemAvailable:    8000 kB\n')
    writeFileSync(join(folder, 'proc/loadavg'), '3.50 2.00 1.00 2/345 6789\n')
    writeFileSync(join(folder, 'proc/sys/net/core/somaxconn'), '128\n')
    writeFileSync(join(folder, 'proc/sys/net/ipv4/ip_local_port_range'), '32768\t60999\n')
    writeFileSync(
      join(folder, 'proc/self/limits'),
      'Max open files            1024                 4096  files\n',
    )
    expect(readLoad(folder)).toEqual({ memoryAvailableBytes: 8_192_000, load1: 3.5 })
    expect(readLimits(folder)).toMatchObject({
      descriptors: 1024,
      ports: { from: 32_768, to: 60_999 },
      somaxconn: 128,
      load1: 3.5,
    })
  })

  test('a host without /proc has limits too, and what it does not tell is null', () => {
    expect(readLimits(folder)).toMatchObject({
      cpuQuota: null,
      descriptors: null,
      ports: null,
      somaxconn: null,
    })
    expect(readLimits(folder).usableCores).toBeGreaterThan(0)
    if (process.platform === 'win32') expect(readLoad(folder).memoryAvailableBytes).toBeGreaterThan(0)
    else expect(readLoad(folder).memoryAvailableBytes).toBeNull()
  })

  const capacity: Capacity = {
    measuredAt: '2026-01-02T03:04:05.678Z',
    transports: { undici: { oneWorkerPerS: 1000, workers: 4, allWorkersPerS: 3000 } },
  }

  test('a measured capacity is kept for this host, in the user’s cache folder', () => {
    const file = capacityFile({ XDG_CACHE_HOME: folder })
    expect(file).toBe(join(folder, 'corerush/capacity.json'))
    expect(capacityFile({})).toMatch(/\.cache\/corerush\/capacity\.json$/)
    expect(readCapacity(file)).toBeNull()
    writeCapacity(capacity, file)
    expect(readCapacity(file)).toEqual(capacity)
    // What another host, or another version, has measured stays.
    const content = JSON.parse(readFileSync(file, 'utf8')) as { hosts: Record<string, Capacity> }
    writeFileSync(file, JSON.stringify({ ...content, hosts: { elsewhere: capacity } }))
    expect(readCapacity(file)).toBeNull()
    writeCapacity(capacity, file)
    expect(Object.keys((JSON.parse(readFileSync(file, 'utf8')) as typeof content).hosts)).toHaveLength(2)
  })

  test.each(['', 'null', '{', '{"schema":"other","hosts":{}}', '[1]', '{"schema":"corerush.capacity/1"}'])(
    'a file that holds %j is as good as none',
    (text) => {
      const file = join(folder, 'capacity.json')
      writeFileSync(file, text)
      expect(readCapacity(file)).toBeNull()
      writeCapacity(capacity, file)
      expect(readCapacity(file)).toEqual(capacity)
    },
  )

  test('a plan takes a share of what its workers can make', () => {
    const open = anOpenPlan({ stages: [{ fromPerS: 0, toPerS: 1200, durationS: 1 }] })
    expect(soundPerS(capacity, { ...open, workers: 1 })).toBe(1000)
    expect(soundPerS(capacity, { ...open, workers: 2 })).toBe(2000)
    expect(soundPerS(capacity, { ...open, workers: 9 })).toBe(3000)
    expect(capacityShare(capacity, { ...open, workers: 4 })).toBe(0.4)
    expect(capacityShare(null, open)).toBeNull()
    expect(capacityShare(capacity, aPlan({ wait: { kind: 'none' } }))).toBeNull()
    const shown = renderPlan({ ...open, workers: 4 }, { color: false, width: 200 }, capacity)
    expect(shown).toContain(
      'needs     about 40% of the 3,000 requests/s that this host can measure soundly (corerush doctor, 2026-01-02)',
    )
    expect(shown).not.toContain('waits ')
    const full = { oneWorkerFullPerS: 2000, allWorkersFullPerS: 4000 }
    const known = { ...capacity, transports: { undici: { ...capacity.transports['undici']!, ...full } } }
    expect(renderPlan({ ...open, workers: 4 }, { color: false, width: 200 }, known)).toMatch(
      /waits     about 4\.86 ms at p99 for a worker that is 30(\.0)?% busy, on this host and undisturbed/,
    )
  })
})
