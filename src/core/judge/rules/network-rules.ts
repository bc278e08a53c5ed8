/** The limits of this host's network stack: ports, descriptors, accept queues, and what had to be sent again. */
import { largest, smallest } from '../../extremes.ts'
import type { Evidence, Reason } from './evidence.ts'
import type { SecondRow } from '../../measure/second.ts'
import { showCount } from '../../units.ts'
import {
  DESCRIPTORS_LEFT,
  LEAST_RTO_MS,
  PORTS_LEFT,
  RETRANSMITTED,
  SOME_SECONDS,
  SYN_RETRY_MS,
} from './limits.ts'
import { extent, inSeconds, loadSeconds } from './load-seconds.ts'

export function networkTrouble(evidence: Evidence): Reason[] {
  const load = loadSeconds(evidence)
  return [...fewPorts(evidence, load), ...fewDescriptors(load), ...repeated(load), ...overflows(load)]
}

/**
 * Whether the network limited the run: lost segments and full accept queues do if requests of the same seconds waited
 * for the repair, and few ports if requests failed for want of one.
 */
export function isNetworkLimited(evidence: Evidence): boolean {
  const load = loadSeconds(evidence)
  const isFrequent = (rows: readonly SecondRow[]): boolean => rows.length > load.length * SOME_SECONDS
  return (
    isFrequent(load.filter((row) => turnedAway(row) > 0 && showsRetry(load, row))) ||
    isFrequent(lossy(load).filter((row) => showsRepair(load, row))) ||
    fewPorts(evidence, load).some(({ level }) => level !== 'note')
  )
}

/** The second and the next, in which a request that was delayed in the first can end. */
const around = (load: readonly SecondRow[], { second }: SecondRow): SecondRow[] =>
  load.filter((row) => row.second === second || row.second === second + 1)

/** A request took longer than the median by a retransmission time-out. */
const showsRepair = (load: readonly SecondRow[], row: SecondRow): boolean =>
  around(load, row).some(
    ({ serviceMs: { p50, max } }) => p50 !== null && max !== null && max - p50 >= LEAST_RTO_MS,
  )

/** A connection was made at the second attempt. */
const showsRetry = (load: readonly SecondRow[], row: SecondRow): boolean =>
  around(load, row).some(({ phasesMs }) => (phasesMs.connect.max ?? 0) >= SYN_RETRY_MS)

export function generatorFaults({ generatorFaults: count, rows }: Evidence): Reason[] {
  if (count === 0) return []
  return [
    {
      code: 'generator.faults',
      level: 'suspect',
      message: `${count} requests failed because this host ran out of local ports or file descriptors`,
      advice: 'raise the file limit (ulimit -n), keep connections alive, or use fewer users',
      fromS: 0,
      toS: Math.max(0, rows.length - 1),
    },
  ]
}

/** With few ports left, the kernel searches long for one, and soon finds none: a trouble of seconds that make connections. */
function fewPorts({ plan, generatorFaults: faults }: Evidence, load: readonly SecondRow[]): Reason[] {
  const rows = load.filter(({ host, phasesMs }) => {
    const { portsLeft = null, inUse = 0, timeWait = 0 } = host?.sockets ?? {}
    if (phasesMs.connect.mean === null || portsLeft === null) return false
    const range = portsLeft + inUse + timeWait
    // Each local address has all of them, and what is left is reported for one.
    const others = (Math.max(1, plan.localAddresses.length) - 1) * range
    return others + portsLeft < PORTS_LEFT * (others + range)
  })
  if (rows.length === 0) return []
  const least = smallest(rows.map(({ host }) => host?.sockets?.portsLeft ?? Infinity))
  const waiting = largest(rows.map(({ host }) => host?.sockets?.timeWait ?? 0))
  return [
    {
      code: 'ports.few',
      // All sockets of this host are counted, wherever they lead; only faults show that the run is short of ports.
      level: faults > 0 ? 'suspect' : 'note',
      message: `${showCount(least)} local ports were left ${inSeconds(rows, load)}; ${showCount(waiting)} were held by closed connections (TIME_WAIT)`,
      advice:
        'keep connections alive, plan fewer users, or widen the range: sysctl -w net.ipv4.ip_local_port_range="1024 65535"',
      ...extent(rows),
    },
  ]
}

function fewDescriptors(load: readonly SecondRow[]): Reason[] {
  const rows = load.filter(({ host }) => {
    const { open = 0, limit = null } = host?.descriptors ?? {}
    return limit !== null && open > (1 - DESCRIPTORS_LEFT) * limit
  })
  if (rows.length === 0) return []
  const [most, limit] = rows.reduce(
    ([open], { host }) => [Math.max(open, host?.descriptors?.open ?? 0), host?.descriptors?.limit ?? 0],
    [0, 0],
  )
  return [
    {
      code: 'descriptors.few',
      level: 'note',
      message: `${showCount(most)} of ${showCount(limit)} file descriptors were in use ${inSeconds(rows, load)}`,
      advice: `raise the limit: ulimit -n ${2 * limit}`,
      ...extent(rows),
    },
  ]
}

/** Segments that were lost: sent again, and not in vain. */
const lost = ({ host }: SecondRow): number =>
  (host?.network?.retransmits ?? 0) - (host?.network?.spuriousRetransmits ?? 0)

const lossy = (load: readonly SecondRow[]): SecondRow[] =>
  load.filter((row) => lost(row) > RETRANSMITTED * row.sent && lost(row) > 1)

/** A real delay that users would feel too, and no fault of the generator. */
function repeated(load: readonly SecondRow[]): Reason[] {
  const rows = lossy(load)
  if (rows.length <= load.length * SOME_SECONDS) return []
  const count = rows.reduce((sum, row) => sum + lost(row), 0)
  return [
    {
      code: 'network.retransmits',
      level: 'note',
      message: `${showCount(count)} TCP segments of this host were lost and sent again ${inSeconds(rows, load)}`,
      advice:
        'each delays its request by up to 200 ms or more: look at the drops of the interfaces (ip -s link), and at the accept queue of the target (ss -lnt)',
      ...extent(rows),
    },
  ]
}

const turnedAway = ({ host }: SecondRow): number =>
  Math.max(host?.network?.listenOverflows ?? 0, host?.network?.listenDrops ?? 0)

function overflows(load: readonly SecondRow[]): Reason[] {
  const rows = load.filter((row) => turnedAway(row) > 0)
  if (rows.length === 0) return []
  const count = rows.reduce((sum, row) => sum + turnedAway(row), 0)
  return [
    {
      code: 'network.overflows',
      level: 'note',
      message: `${showCount(count)} connections to a server on this host found its accept queue full ${inSeconds(rows, load)}`,
      advice:
        'if that is the target: let it accept faster, or raise its backlog and sysctl net.core.somaxconn; each one turned away tries again after a second',
      ...extent(rows),
    },
  ]
}
