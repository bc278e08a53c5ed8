import { describe, expect, test } from 'vitest'
import { parseExposition } from '../../../src/core/measure/exposition.ts'
import { readServer, serverSince, targetBusy } from '../../../src/core/measure/node-exporter.ts'

const page = (idle: number, user: number, bytes: number): string => `
# HELP node_cpu_seconds_total Seconds the CPUs spent in each mode.
# TYPE node_cpu_seconds_total counter
node_cpu_seconds_total{cpu="0",mode="idle"} ${idle}
node_cpu_seconds_total{cpu="0",mode="user"} ${user}
node_cpu_seconds_total{cpu="0",mode="steal"} 1
node_cpu_seconds_total{cpu="1",mode="idle"} ${idle}
node_cpu_seconds_total{cpu="1",mode="system"} 5
node_memory_MemTotal_bytes 8e+09
node_memory_MemAvailable_bytes 2e+09
node_load1 1.5
node_network_receive_bytes_total{device="lo"} 99999
node_network_receive_bytes_total{device="eth0"} ${bytes}
node_network_receive_bytes_total{device="eth1"} ${bytes}
node_context_switches_total ${bytes}
`

describe('the text format of exporters', () => {
  test('values with and without labels, escapes, exponents, and stamps; infinities and the rest are left out', () => {
    const text = [
      '# TYPE a gauge',
      'a 1',
      'b{x="1",y="q\\"\\\\\\n,}"} 2.5e3 1700000000000',
      'c{} +Inf',
      'd NaN',
      'e',
      '{} 3',
      'no thing at all',
    ].join('\n')
    expect(parseExposition(text, () => true)).toEqual([
      { name: 'a', labels: {}, value: 1 },
      { name: 'b', labels: { x: '1', y: 'q"\\\n,}' }, value: 2500 },
    ])
    expect(parseExposition(text, (name) => name === 'a')).toHaveLength(1)
  })
})

describe('what a server says of itself', () => {
  test('a page that is made up cannot grow the report, or put into it what is no number', () => {
    const line = (cpu: unknown, mode: string, value = '5') =>
      `node_cpu_seconds_total{cpu="${String(cpu)}",mode="${mode}"} ${value}`
    const invented = Array.from({ length: 20_000 }, (_, i) => line(i * 7, 'idle'))
    const odd = ['x', '-1', '1.5', '1e9', '', 'NaN'].map((cpu) => line(cpu, 'user'))
    const readings = readServer(
      [...invented, ...odd, line(3, '__proto__'), line(3, 'mode'), line(3, 'user', '+Inf')].join('\n'),
      1,
    )!
    expect(readings.cores.size).toBeLessThanOrEqual(4096)
    expect([...readings.cores.keys()].every((core) => Number.isInteger(core) && core >= 0)).toBe(true)
    expect(readings.cores.has(3)).toBe(false)
  })

  const before = readServer(page(100, 10, 1000), 1)!
  const at = (idle: number, user: number, bytes: number, atS: number) =>
    serverSince(before, readServer(page(idle, user, bytes), atS)!)

  test('shares and rates of the span between two looks; loopback is no traffic where there is another device', () => {
    const vitals = at(100.5, 11.5, 3000, 3)!
    expect(vitals).toEqual({
      cores: [
        { core: 0, busy: 0.75, iowait: 0, steal: 0 },
        { core: 1, busy: 0, iowait: 0, steal: 0 },
      ],
      memoryTotalBytes: 8e9,
      memoryAvailableBytes: 2e9,
      load1: 1.5,
      bytesInPerS: 2000,
      bytesOutPerS: null,
      contextSwitchesPerS: 1000,
    })
    expect(targetBusy(vitals)).toBe(0.375)
  })

  test('a page as old as the last look, a server started anew, and no time between', () => {
    expect(at(100, 10, 1000, 2)).toMatchObject({ cores: [], bytesInPerS: 0 })
    expect(targetBusy(at(100, 10, 1000, 2))).toBeNull()
    expect(at(1, 1, 10, 2)).toMatchObject({ bytesInPerS: null, contextSwitchesPerS: null })
    expect(at(100, 10, 1000, 1)).toBeNull()
  })

  test('a page of something else is none', () => {
    expect(readServer('<html>hello</html>', 0)).toBeNull()
    expect(readServer('go_goroutines 7\n', 0)).toBeNull()
  })
})
