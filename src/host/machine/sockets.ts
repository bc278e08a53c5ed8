/** The sockets of this network namespace: how many, how many ports are left for more, and what had to be repeated. */
import { join } from 'node:path'
import type { NetworkVitals, SocketVitals } from '../../core/measure/worker-vitals.ts'
import { readText } from './proc.ts'

/** Local ports that the kernel hands out for outgoing connections, both ends included. */
export interface PortRange {
  readonly from: number
  readonly to: number
}

export function portRange(root = '/'): PortRange | null {
  const match = /^(\d+)\s+(\d+)/.exec(readText(join(root, 'proc/sys/net/ipv4/ip_local_port_range')) ?? '')
  return match === null ? null : { from: Number(match[1]), to: Number(match[2]) }
}

export function readSockets(root: string, range: PortRange | null): SocketVitals | null {
  const line = /^TCP: (.*)$/m.exec(readText(join(root, 'proc/net/sockstat')) ?? '')?.[1]
  if (line === undefined) return null
  const count = (key: string): number => Number(new RegExp(`\\b${key} (\\d+)`).exec(line)?.[1] ?? 0)
  const inUse = count('inuse')
  const timeWait = count('tw')
  const portsLeft = range === null ? null : Math.max(0, range.to - range.from + 1 - inUse - timeWait)
  return { inUse, timeWait, portsLeft }
}

/** Running totals of the network stack since the host began. */
export function readNetwork(root: string): NetworkVitals | null {
  const retransmits = kernelCounter(readText(join(root, 'proc/net/snmp')), 'Tcp', 'RetransSegs')
  if (retransmits === null) return null
  const extended = readText(join(root, 'proc/net/netstat'))
  return {
    retransmits,
    listenOverflows: kernelCounter(extended, 'TcpExt', 'ListenOverflows'),
    listenDrops: kernelCounter(extended, 'TcpExt', 'ListenDrops'),
  }
}

/** One number out of the pairs of lines `Group: names…`, `Group: values…`. */
function kernelCounter(text: string | null, group: string, name: string): number | null {
  const lines = (text ?? '').split('\n').filter((line) => line.startsWith(`${group}: `))
  const at = lines[0]?.split(' ').indexOf(name) ?? -1
  const value = at < 1 ? undefined : lines[1]?.split(' ')[at]
  return value === undefined ? null : Number(value)
}

/** What was added between two readings. */
export function networkSince(
  before: NetworkVitals | null,
  after: NetworkVitals | null,
): NetworkVitals | null {
  if (before === null || after === null) return null
  const since = (from: number | null, to: number | null): number | null =>
    from === null || to === null ? null : Math.max(0, to - from)
  return {
    retransmits: Math.max(0, after.retransmits - before.retransmits),
    listenOverflows: since(before.listenOverflows, after.listenOverflows),
    listenDrops: since(before.listenDrops, after.listenDrops),
  }
}
