/**
 * corerush's worker, with a script that costs CPU time: each request burns BURN_MS of this thread before it is sent.
 *
 * undici publishes each new request on a diagnostics channel, from within the call that sends it, and there the
 * thread spins: before `sent` is stamped, as a script that prepares its request would. So the time burnt for a request
 * is no part of its own latency, but all others wait for it, as they do in any generator with one thread for all users.
 * The product's own code is untouched. The spin is timed by the clock: if the machine takes the core away meanwhile,
 * that counts as burnt.
 */
import { subscribe } from 'node:diagnostics_channel'
import { performance } from 'node:perf_hooks'
import work from '../dist/worker/main.js'

const burnMs = Number(process.env.BURN_MS)

export default function burningWork(hired) {
  const { origin } = new URL(hired.assignment.plan.request.url)
  subscribe('undici:request:create', ({ request }) => {
    // The worker warms up against a server of its own, which is none of the load.
    if (request.origin !== origin) return
    const untilMs = performance.now() + burnMs
    while (performance.now() < untilMs);
  })
  return work(hired)
}
