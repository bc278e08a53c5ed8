/** What can be known before the first request: whether this host can carry the plan, and whether the target answers. */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { bareHost, ipFamily, portOf, routeOf } from '../core/route.ts'
import { plannedUsers, type Plan } from '../core/plan.ts'
import { CorerushError, messageOf } from '../errors.ts'

/** Descriptors that the process needs for itself. */
const RESERVED_DESCRIPTORS = 200

/** Throws when this host cannot carry the plan, with what would lift the limit. */
export function checkLimits(plan: Plan, root = '/'): void {
  const limit = openFileLimit(root)
  const users = plannedUsers(plan)
  if (limit === null || users <= limit - RESERVED_DESCRIPTORS) return
  throw new CorerushError(
    'CORERUSH_LIMIT',
    `${users} users need ${users + RESERVED_DESCRIPTORS} open files, and this process may have ${limit}`,
    { hint: `ulimit -n ${users + RESERVED_DESCRIPTORS}` },
  )
}

/** How many connections the file limit leaves room for; Infinity where the platform names no limit. */
export const spareDescriptors = (root = '/'): number =>
  (openFileLimit(root) ?? Infinity) - RESERVED_DESCRIPTORS

/** How many files this process may have open; null where the platform does not say. */
export function openFileLimit(root = '/'): number | null {
  try {
    const match = /^Max open files\s+(\d+)/m.exec(readFileSync(`${root}proc/self/limits`, 'utf8'))
    return match ? Number(match[1]) : null
  } catch {
    // Not Linux: not available.
    return null
  }
}

/** Tries one connection to where the first user connects, without a request; resolves to what went wrong, or null. */
export function probeTarget(plan: Plan, withinMs: number): Promise<string | null> {
  const url = new URL(plan.request.url)
  const route = routeOf(plan, url.protocol, bareHost(url.hostname), portOf(url))
  const [localAddress] = plan.localAddresses
  const where = 'path' in route ? route.path : `${route.host}:${route.port}`
  const name = where === `${bareHost(url.hostname)}:${portOf(url)}` ? url.host : where
  return new Promise((resolve) => {
    const socket = connect(
      'path' in route
        ? route
        : {
            host: route.host,
            port: route.port,
            ...(localAddress === undefined ? {} : { localAddress, family: ipFamily(localAddress)! }),
          },
    )
    const end = (problem: string | null): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(problem)
    }
    const timer = setTimeout(
      () => end(`${name} has not accepted a connection within ${withinMs} ms`),
      withinMs,
    )
    socket.once('connect', () => end(null))
    socket.once('error', (error: Error & { errors?: Error[] }) =>
      end(`${name} is not reachable: ${messageOf(error.errors?.[0] ?? error)}`),
    )
  })
}
