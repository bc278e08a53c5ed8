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

/** Running totals of the network stack since the host began; `null` if the kernel does not count it. */
export interface NetworkTotals {
  readonly retransmits: number
  readonly duplicates: number | null
  readonly probes: number | null
  readonly recoveries: number | null
  readonly listenOverflows: number | null
  readonly listenDrops: number | null
}

export function readNetwork(root: string): NetworkTotals | null {
  const retransmits = kernelCounter(readText(join(root, 'proc/net/snmp')), 'Tcp', 'RetransSegs')
  if (retransmits === null) return null
  const extended = readText(join(root, 'proc/net/netstat'))
  const count = (name: string): number | null => kernelCounter(extended, 'TcpExt', name)
  return {
    retransmits,
    duplicates: count('TCPDSACKRecv'),
    probes: count('TCPLossProbes'),
    recoveries: count('TCPLossProbeRecovery'),
    listenOverflows: count('ListenOverflows'),
    listenDrops: count('ListenDrops'),
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
  before: NetworkTotals | null,
  after: NetworkTotals | null,
): NetworkVitals | null {
  if (before === null || after === null) return null
  const since = (key: keyof NetworkTotals): number | null => {
    const from = before[key]
    const to = after[key]
    return from === null || to === null ? null : Math.max(0, to - from)
  }
  return {
    retransmits: since('retransmits')!,
    spuriousRetransmits: spurious(since('duplicates'), since('probes'), since('recoveries')),
    listenOverflows: since('listenOverflows'),
    listenDrops: since('listenDrops'),
  }
}

/**
 * Retransmissions that repaired nothing. Each is at most one reported duplicate and at most one probe; a probe to a
 * connection that closes meanwhile is never reported, and a time-out that came too early is no probe. So the larger of
 * the two counts is used.
 */
function spurious(
  duplicates: number | null,
  probes: number | null,
  recoveries: number | null,
): number | null {
  if (duplicates === null && probes === null) return null
  return Math.max(duplicates ?? 0, (probes ?? 0) - (recoveries ?? 0))
}
