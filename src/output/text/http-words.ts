/** HTTP settings of a plan that differ from plain HTTP/1.1 directly to the target, as text. Pure. */
import type { HttpPlan } from '../../core/resolve/request/http-options.ts'
import type { Plan } from '../../core/plan/plan.ts'
import { hostPort } from '../../core/request/route.ts'
import { printDurationS, showCount, showMany } from '../../core/units.ts'

const endOf = (host: string | null, port: number | null): string => hostPort(host ?? '*', port ?? '*')

/** One phrase per setting. */
export function httpFacts(plan: HttpPlan): string[] {
  const { http2, maxRedirects, proxy, unixSocket, connectTo, localAddresses, dnsTtlS } = plan
  return [
    ...(http2 ? ['HTTP/2 only'] : []),
    ...(proxy === null ? [] : [`proxy ${hostPort(proxy.host, proxy.port)}`]),
    ...(unixSocket === null ? [] : [`socket ${unixSocket}`]),
    ...connectTo.map(({ host, port, toHost, toPort }) => `${endOf(host, port)} at ${endOf(toHost, toPort)}`),
    ...(plan.cert === null ? [] : ['client certificate']),
    ...(plan.ca === null ? [] : ['custom certificate authorities']),
    ...(localAddresses.length === 0
      ? []
      : localAddresses.length <= 4
        ? [`from ${localAddresses.join(', ')}`]
        : [`from ${localAddresses.length} addresses`]),
    ...(maxRedirects === 0 ? [] : [`up to ${showCount(maxRedirects)} redirects`]),
    ...(dnsTtlS === null ? [] : [`DNS lookup every ${printDurationS(dnsTtlS)}`]),
  ]
}

/** "40 shared connections", with the most streams on each; empty if each user has a connection of its own. */
export function sharingFacts({ connections, streams }: Pick<Plan, 'connections' | 'streams'>): string[] {
  // Reports of earlier versions have neither.
  if ((connections ?? null) === null) return []
  const each = streams === null ? '' : `, at most ${showMany(streams, 'stream')} on each`
  return [`${showMany(connections!, 'shared connection')}${each}`]
}

/** The transport, and the flags for which `auto` chose it. */
export function transportWords({ transport, undiciFor }: Plan): string {
  if (undiciFor === null) return transport
  const flags = undiciFor.map(
    (option) => `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
  )
  return `${transport} (auto${flags.length === 0 ? '' : `, because of ${flags.join(' and ')}`})`
}
