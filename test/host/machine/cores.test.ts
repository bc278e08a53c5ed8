/** Quotas, vitals and limits, read from files laid out as the kernel does. */
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { buildPlan, type Plan } from '../../../src/core/plan/plan.ts'
import { resolveOptions } from '../../../src/core/resolve/resolve.ts'
import { cpuQuota, findCores, throttlingFile } from '../../../src/host/machine/cores.ts'
import { openFiles } from '../../../src/host/machine/descriptors.ts'
import { checkLimits, spareDescriptors } from '../../../src/host/preflight.ts'
import { openFileLimit } from '../../../src/host/machine/descriptors.ts'
import { coreVitals, parseCores, watchHost } from '../../../src/host/machine/host-vitals.ts'

let root: string
beforeEach(() => {
  root = `${mkdtempSync(join(tmpdir(), 'corerush-root-'))}/`
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

/** Writes files under the root of the machine that is made up. */
function lay(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

const V2 = { 'proc/self/cgroup': '0::/pod/app\n' }
const V1 = {
  'proc/self/cgroup': '12:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n0::/\n',
}

describe('the CPU quota', () => {
  const cases: [string, Record<string, string>, number | null][] = [
    ['no files at all', {}, null],
    ['v2: 1.5 cores', { ...V2, 'sys/fs/cgroup/pod/app/cpu.max': '150000 100000\n' }, 1.5],
    ['v2: none', { ...V2, 'sys/fs/cgroup/pod/app/cpu.max': 'max 100000\n' }, null],
    ['v2: a group without the file', V2, null],
    [
      'v2: a container, where the group is mounted at the root',
      { ...V2, 'sys/fs/cgroup/cpu.max': '50000 100000\n' },
      0.5,
    ],
    [
      'v2: the tightest of nested groups',
      {
        ...V2,
        'sys/fs/cgroup/pod/app/cpu.max': '400000 100000\n',
        'sys/fs/cgroup/pod/cpu.max': '250000 100000\n',
        'sys/fs/cgroup/cpu.max': 'max 100000\n',
      },
      2.5,
    ],
    [
      'v1: 1.5 cores',
      {
        ...V1,
        'sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us': '150000\n',
        'sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us': '100000\n',
      },
      1.5,
    ],
    [
      'v1: none',
      {
        ...V1,
        'sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us': '-1\n',
        'sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us': '100000\n',
      },
      null,
    ],
    [
      'v1: a container, where the group is mounted at the root',
      {
        ...V1,
        'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '300000\n',
        'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
      },
      3,
    ],
    ['nonsense in the file', { ...V2, 'sys/fs/cgroup/pod/app/cpu.max': 'what\n' }, null],
    [
      'a group of another controller',
      { 'proc/self/cgroup': '3:cpuset:/x\n', 'sys/fs/cgroup/cpuset/x/cpu.cfs_quota_us': '1\n' },
      null,
    ],
    [
      'a group above the mount',
      { 'proc/self/cgroup': '0::/../other\n', 'sys/fs/cgroup/cpu.max': '200000 100000\n' },
      2,
    ],
  ]
  test.for(cases)('%s', ([, files, quota]) => {
    lay(files)
    expect(cpuQuota(root)).toBe(quota)
  })

  test.for([
    [1.5, 8, 2],
    [0.1, 8, 1],
    [2, 8, 2],
    [16, 8, 8],
  ] as const)('of %d cores on a machine of %d makes %d workers', ([quota, parallelism, usable]) => {
    lay({ ...V2, 'sys/fs/cgroup/pod/app/cpu.max': `${quota * 100_000} 100000\n` })
    expect(findCores(root, parallelism)).toEqual({ usable, quota })
  })

  test('without one, what the scheduler allows is usable', () => {
    expect(findCores(root, 6)).toEqual({ usable: 6, quota: null })
    expect(findCores(root).usable).toBe(availableParallelism())
  })
})

describe('the cores as mpstat shows them', () => {
  const STAT = [
    'cpu  400 0 200 1200 100 0 0 100 50 0',
    'cpu0 100 10 50 800 20 0 10 10 30 0',
    'cpu1 300 0 150 400 80 0 0 70 20 0',
    'intr 12345 0 0',
    'ctxt 1',
  ].join('\n')

  test('running totals by core; guest time is within user time already', () => {
    expect(parseCores(STAT)).toEqual([
      { core: 0, total: 1000, idle: 800, iowait: 20, steal: 10 },
      { core: 1, total: 1000, idle: 400, iowait: 80, steal: 70 },
    ])
  })

  const at = (
    core: number,
    total: number,
    idle: number,
    iowait: number | null = 0,
    steal: number | null = 0,
  ) => ({
    core,
    total,
    idle,
    iowait,
    steal,
  })

  test('shares of the span between two readings', () => {
    const shares = coreVitals([at(0, 1000, 500, 10, 20)], [at(0, 1100, 550, 20, 25)])
    expect(shares).toEqual([{ core: 0, busy: 0.35, iowait: 0.1, steal: 0.05 }])
  })

  test('what the platform does not tell is null, and what cannot be is not said', () => {
    expect(coreVitals([at(0, 100, 0, null, null)], [at(0, 200, 25, null, null)])).toEqual([
      { core: 0, busy: 0.75, iowait: null, steal: null },
    ])
    // Nothing counted yet, a core that came online, and counters that run backwards as those of iowait may.
    expect(coreVitals([at(0, 100, 50)], [at(0, 100, 50), at(1, 10, 5)])).toEqual([])
    expect(coreVitals([at(0, 100, 50, 20)], [at(0, 200, 160, 10)])).toEqual([
      { core: 0, busy: 0, iowait: 0, steal: 0 },
    ])
  })
})

describe('the host', () => {
  const stat = (idle: number) => `cpu0 100 0 0 ${idle} 0 0 0 0 0 0\n`
  const MEMORY = 'MemTotal:       16000 kB\nMemFree:         1000 kB\nMemAvailable:    8000 kB\n'

  test.for([
    ['v2', V2, 'sys/fs/cgroup/pod/app/cpu.stat', 'throttled_usec', 1000],
    ['v2 in a container', V2, 'sys/fs/cgroup/cpu.stat', 'throttled_usec', 1000],
    ['v1', V1, 'sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.stat', 'throttled_time', 1_000_000],
  ] as const)('%s: cores, memory and throttling of each span', ([, group, file, key, perMs]) => {
    const throttled = (ms: number) => `nr_periods 5\nnr_throttled 3\n${key} ${ms * perMs}\n`
    lay({ ...group, 'proc/stat': stat(100), 'proc/meminfo': MEMORY, [file]: throttled(250) })
    expect(throttlingFile(root)).toBe(join(root, file))
    const watch = watchHost(root)
    lay({ 'proc/stat': stat(400), [file]: throttled(310) })
    expect(watch.read()).toEqual({
      cores: [{ core: 0, busy: 0, iowait: 0, steal: 0 }],
      memoryTotalBytes: 16_384_000,
      memoryAvailableBytes: 8_192_000,
      throttledMs: 60,
      pressure: null,
      sockets: null,
      descriptors: null,
      network: null,
    })
    expect(watch.read()).toMatchObject({ cores: [], throttledMs: 0 })
  })

  test('where there is no such file, throttling is not available, and the rest comes from the platform', () => {
    expect(throttlingFile(root)).toBeNull()
    const vitals = watchHost(root).read()
    expect(vitals.throttledMs).toBeNull()
    expect(vitals.memoryTotalBytes).toBeGreaterThan(0)
    for (const { iowait, steal } of vitals.cores ?? []) expect([iowait, steal]).toEqual([null, null])
  })
})

describe('sockets, pressure and descriptors of the host', () => {
  const stalled = (us: number) =>
    `some avg10=0.00 avg60=0.00 avg300=0.00 total=${us}\nfull avg10=0.00 total=7\n`
  const counters = (retransmits: number, overflows: number) => ({
    'proc/net/snmp':
      'Ip: Forwarding DefaultTTL\nIp: 1 64\nTcp: RtoAlgorithm RetransSegs InErrs\n' +
      `Tcp: 1 ${retransmits} 0\n`,
    'proc/net/netstat':
      'TcpExt: ListenOverflows ListenDrops TCPLossProbes TCPLossProbeRecovery TCPDSACKRecv\n' +
      `TcpExt: ${overflows} ${overflows + 1} ${2 * retransmits} ${retransmits + 1} 7\n`,
  })

  test('as the kernel writes them, of each span', () => {
    let nowUs = 0
    lay({
      'proc/pressure/cpu': stalled(1000),
      'proc/pressure/memory': stalled(0),
      'proc/net/sockstat':
        'sockets: used 90\nTCP: inuse 40 orphan 0 tw 60 alloc 41 mem 2\nUDP: inuse 3 mem 0\nTCP6: inuse 9\n',
      'proc/sys/net/ipv4/ip_local_port_range': '1000\t1999\n',
      'proc/self/fd/0': '',
      'proc/self/fd/7': '',
      'proc/self/limits': 'Max open files            1024                 4096                 files     \n',
      ...counters(100, 5),
    })
    const watch = watchHost(root, () => nowUs)
    nowUs = 2_000_000
    lay({ 'proc/pressure/cpu': stalled(501_000), ...counters(103, 5) })
    expect(watch.read()).toMatchObject({
      pressure: { cpu: 0.25, memory: 0, io: null },
      sockets: { inUse: 40, timeWait: 60, portsLeft: 900 },
      descriptors: { open: 2, limit: 1024 },
      network: { retransmits: 3, spuriousRetransmits: 3, listenOverflows: 0, listenDrops: 0 },
    })
  })

  test('a platform, or a kernel, without some of them', () => {
    lay({
      'proc/net/sockstat': 'TCP: inuse 4 tw 0\n',
      'proc/net/snmp': 'Tcp: RtoAlgorithm RetransSegs\nTcp: 1 0\n',
    })
    const watch = watchHost(root)
    expect(watch.read()).toMatchObject({
      pressure: null,
      sockets: { inUse: 4, timeWait: 0, portsLeft: null },
      descriptors: null,
      network: { retransmits: 0, spuriousRetransmits: null, listenOverflows: null, listenDrops: null },
    })
  })

  test('of this very process, where the platform tells', () => {
    const open = openFiles()
    if (open === null) return
    const file = openSync(join(import.meta.dirname, 'cores.test.ts'), 'r')
    expect(openFiles()).toBe(open + 1)
    closeSync(file)
  })
})

describe('the limit of open files', () => {
  const limits = (soft: string) =>
    lay({
      'proc/self/limits':
        'Limit                     Soft Limit           Hard Limit           Units     \n' +
        'Max processes             63000                63000                processes \n' +
        `Max open files            ${soft.padEnd(20)} 1048576              files     \n`,
    })
  const planOf = (users: number, maxRedirects = 0, workers = 2): Plan => {
    const options = { url: 'http://127.0.0.1:1/', users, maxRedirects, workers }
    const result = resolveOptions(options, { cores: 2, descriptors: 20_000 })
    if ('problems' in result) throw new Error('no plan')
    return buildPlan(result.resolved, 'test')
  }

  test('a plan that fits passes, one user more does not, and the hint would lift the limit', () => {
    limits('1024')
    expect(openFileLimit(root)).toBe(1024)
    expect(checkLimits(planOf(824), root)).toBeNull()
    expect(() => checkLimits(planOf(825), root)).toThrow(
      expect.objectContaining({
        code: 'CORERUSH_LIMIT',
        exitCode: 2,
        message: '825 users need 1025 open files, and this process may have 1024',
        hint: 'ulimit -n 1025',
      }) as Error,
    )
  })

  test('a plan whose redirects may need more is warned of', () => {
    limits('1024')
    expect(checkLimits(planOf(412, 1), root)).toBeNull()
    expect(checkLimits(planOf(413, 1), root)).toBe(
      'where redirects lead to another origin, 413 users need 1026 open files, and this process may have 1024: ulimit -n 1026',
    )
    expect(checkLimits(planOf(413), root)).toBeNull()
    expect(() => checkLimits(planOf(825, 1), root)).toThrow('825 users need 1025 open files')
  })

  test('each of many workers takes descriptors of its own', () => {
    limits('1024')
    expect(checkLimits(planOf(412, 0, 64), root)).toBeNull()
    expect(() => checkLimits(planOf(413, 0, 64), root)).toThrow('413 users need 1025 open files')
    expect([spareDescriptors(2, root), spareDescriptors(64, root)]).toEqual([824, 412])
  })

  test('no limit, or none that the platform tells, stops nobody', () => {
    expect(openFileLimit(root)).toBeNull()
    expect(() => checkLimits(planOf(1_000_000), root)).not.toThrow()
    limits('unlimited')
    expect(openFileLimit(root)).toBeNull()
    expect(() => checkLimits(planOf(1_000_000), root)).not.toThrow()
  })
})
