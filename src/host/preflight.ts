/** What can be known before the first request: whether this host can carry the plan, and whether the target answers. */
import { connect } from 'node:net'
import { bareHost, ipFamily, portOf, routeOf } from '../core/request/route.ts'
import { plannedConnections, plannedUsers, type Plan } from '../core/plan/plan.ts'
import { printDurationS } from '../core/units.ts'
import { CorerushError, messageOf } from '../errors.ts'
import { openFileLimit } from './machine/descriptors.ts'

/** How long one attempt to connect may take while waiting for the target, and the pause before the next. */
const LONGEST_PROBE_MS = 1000
const PAUSE_MS = 100
/** Descriptors that a process of this many workers needs for itself: measured 22 and 6 for each worker, and reserves. */
const reservedDescriptors = (workers: number): number => Math.max(200, 100 + 8 * workers)

/**
 * Throws when this host cannot carry the plan, with what would lift the limit. Returns a warning when it may not: redirects
 * to another origin take a second connection of each user, and the first one stays.
 */
export function checkLimits(plan: Plan, root = '/'): string | null {
  const limit = openFileLimit(root)
  if (limit === null) return null
  const users = plannedUsers(plan)
  const connections = plannedConnections(plan)
  const files = connections + reservedDescriptors(plan.workers)
  if (files > limit)
    throw new CorerushError(
      'CORERUSH_LIMIT',
      `${users} users need ${files} open files, and this process may have ${limit}`,
      { hint: `ulimit -n ${files}` },
    )
  if (plan.maxRedirects === 0 || files + connections <= limit) return null
  return (
    `where redirects lead to another origin, ${users} users need ${files + connections} open files, and this process may ` +
    `have ${limit}: ulimit -n ${files + connections}`
  )
}

/** How many connections the file limit leaves room for beside this many workers; Infinity if the platform names no limit. */
export const spareDescriptors = (workers: number, root = '/'): number =>
  (openFileLimit(root) ?? Infinity) - reservedDescriptors(workers)

/**
 * Tries to connect until the target accepts; throws a CorerushError when it has not within the time that the plan
 * gives it. An abort ends the waiting without an error.
 */
export async function waitForTarget(plan: Plan, signal: AbortSignal | undefined): Promise<void> {
  const untilMs = performance.now() + plan.waitForTargetS * 1000
  let leftMs = plan.waitForTargetS * 1000
  let problem: string | null = null
  while (leftMs > 0 && signal?.aborted !== true) {
    problem = await probeTarget(plan, Math.min(LONGEST_PROBE_MS, leftMs))
    if (problem === null) return
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    leftMs = untilMs - performance.now()
  }
  if (problem !== null && signal?.aborted !== true)
    throw new CorerushError(
      'CORERUSH_UNREACHABLE',
      `the target did not come up within ${printDurationS(plan.waitForTargetS)}: ${problem}; nothing was sent`,
    )
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
