/** How many connections this host can have to one target: its ephemeral ports, for each address that it connects from. */
import { lookup } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { bareHost, ipFamily, portOf, routeOf } from '../../core/request/route.ts'
import { plannedConnections, plannedPerS, plannedUsers, type Plan } from '../../core/plan/plan.ts'
import { showCount } from '../../core/units.ts'
import { CorerushError, messageOf } from '../../errors.ts'

/** How long a port is not used again by the side that closed the connection, and where it is allowed to be reused. */
const TIME_WAIT_S = 60
const REUSE_S = 1
const RANGE = 'proc/sys/net/ipv4/ip_local_port_range'
const REUSE = 'proc/sys/net/ipv4/tcp_tw_reuse'

/** How many ports the kernel gives out by itself; `null` if the platform does not say. */
export function ephemeralPorts(root = '/'): number | null {
  try {
    const [from, to] = readFileSync(root + RANGE, 'utf8')
      .trim()
      .split(/\s+/)
      .map(Number)
    return to! - from! + 1
  } catch {
    // Not Linux: not available.
    return null
  }
}

/** Throws when an address to connect from is not this host's. */
export async function checkLocalAddresses({ localAddresses }: Plan): Promise<void> {
  for (const address of new Set(localAddresses)) {
    const problem = await new Promise<string | null>((resolve) => {
      const server = createServer()
      server.once('error', (error) => resolve(messageOf(error)))
      server.listen(0, address, () => server.close(() => resolve(null)))
    })
    if (problem !== null)
      throw new CorerushError('CORERUSH_LIMIT', `nothing can connect from ${address}: ${problem}`, {
        hint: 'ip addr, which lists the addresses of this host',
      })
  }
}

/** Throws when there are more users than ports to connect from; resolves to a warning when they may run out, or null. */
export async function checkPorts(plan: Plan, root = '/'): Promise<string | null> {
  const ports = ephemeralPorts(root)
  const route = routeOf(plan, ...destinationOf(plan.request.url))
  const connections = plannedConnections(plan)
  if (ports === null || 'path' in route || (connections <= ports && plan.keepAlive)) return null
  const addresses = await addressesOf(route.host)
  // What cannot be looked up is reported by the run.
  if (addresses.length === 0) return null
  // A port bound to an address of one's own is taken whatever it connects to; else it is taken for one target only.
  const own = plan.localAddresses.length
  const room = ports * (own || addresses.length)
  if (connections > room)
    throw new CorerushError(
      'CORERUSH_LIMIT',
      `${showCount(plannedUsers(plan))} users need ${showCount(connections)} ports, and there are ${showCount(room)} to connect from to ` +
        `${route.host}:${route.port}`,
      { hint: morePorts(connections, ports, addresses) },
    )
  if (plan.keepAlive) return null
  const perS = plannedPerS(plan)
  const heldS = heldAfterCloseS(root, addresses)
  const held = `the ${showCount(room)} ports to connect from, which come free ${heldS} s after a close`
  const advice = 'keep connections open, or give more --local-address'
  if (mostRequests(plan) <= room) return null
  if (perS === Infinity)
    // Who gets a port back after a second would have to use up all of them in each.
    return heldS === REUSE_S ? null : `users without waits can use up ${held}: ${advice}`
  return perS * Math.min(heldS, plan.durationS ?? heldS) <= room
    ? null
    : `up to ${showCount(Math.round(perS))} new connections per second can use up ${held}: ${advice}`
}

/** How long a port is held after this side closed; Linux lets it be reused sooner, by default on loopback only. */
function heldAfterCloseS(root: string, addresses: readonly string[]): number {
  try {
    const reuse = readFileSync(root + REUSE, 'utf8').trim()
    const isLoopback = addresses.every(isLoopbackAddress)
    return reuse === '1' || (reuse === '2' && isLoopback) ? REUSE_S : TIME_WAIT_S
  } catch {
    // Not Linux: the longest there is.
    return TIME_WAIT_S
  }
}

const isLoopbackAddress = (address: string): boolean => address.startsWith('127.') || address === '::1'

/** What makes room for all users: more addresses on loopback, more ports, or both. */
function morePorts(users: number, ports: number, targets: readonly string[]): string {
  const needed = Math.ceil(users / ports)
  const own = Array.from({ length: needed }, (_, i) => `127.0.${Math.floor(i / 250)}.${(i % 250) + 1}`)
  if (targets.every((address) => ipFamily(address) === 4 && isLoopbackAddress(address)) && needed <= 250)
    return `--local-address ${own.join(',')}`
  const wide = 65_535 - 1024 + 1
  const widen = 'sysctl -w net.ipv4.ip_local_port_range="1024 65535"'
  return users <= wide * targets.length
    ? widen
    : `${widen}, and --local-address with ${Math.ceil(users / (wide * targets.length))} addresses of this host`
}

/** The most requests that the plan sends in all; Infinity where only time ends it. */
const mostRequests = ({ requests, iterations, maxRedirects }: Plan): number =>
  Math.min(requests ?? Infinity, (iterations ?? Infinity) * (1 + maxRedirects))

const destinationOf = (href: string): [string, string, number] => {
  const url = new URL(href)
  return [url.protocol, bareHost(url.hostname), portOf(url)]
}

/** The addresses of the family that the platform prefers. */
async function addressesOf(host: string): Promise<string[]> {
  if (ipFamily(host) !== null) return [host]
  try {
    const found = await lookup(host, { all: true, verbatim: true })
    return found.filter(({ family }) => family === found[0]!.family).map(({ address }) => address)
  } catch {
    return []
  }
}
