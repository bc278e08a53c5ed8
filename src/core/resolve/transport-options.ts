/** Which transport carries the requests, and what each of them cannot do. */
import type { Readers } from '../options/option-readers.ts'
import type { Options } from '../options/options.ts'

/**
 * `undici`: all of HTTP/1.1 that corerush knows. `wire`: HTTP/1.1 over plain sockets, at about two thirds of the cost, but not through proxies.
 * `http2`: HTTP/2 over plain sockets, and the only transport for it.
 */
export type TransportName = 'undici' | 'wire' | 'http2'

/** The transports that a run can choose from. */
export const TRANSPORTS = ['undici', 'wire'] as const satisfies readonly TransportName[]

export interface ChosenTransport {
  readonly transport: TransportName
  /** With `auto`: the options for which undici was taken, none where wire was; `null` where there was nothing to choose. */
  readonly undiciFor: readonly string[] | null
}

/** Options that ask for something that wire cannot do: a tunnel's sockets are not read into its one buffer. */
const UNDICI_ONLY: readonly (keyof Options)[] = ['proxy']

/** Values of an option that asks for nothing. */
const OFF: readonly unknown[] = [undefined, false, 0, '0']

/** The options that ask for something that wire cannot do, by name. */
export const wireRefusals = (options: Options, undiciOnly = UNDICI_ONLY): readonly (keyof Options)[] =>
  undiciOnly.filter((option) => !OFF.includes(options[option]))

/** The transport that the options choose; refuses one for what it cannot do. */
export function resolveTransport(options: Options, { value, wrong }: Readers): ChosenTransport {
  const choice = value('transport')
  if (options.http2 === true) {
    if (choice === 'undici' || choice === 'wire')
      wrong(
        'transport',
        `speaks HTTP/1.1 only: leave ${choice} out with http2, which has a transport of its own`,
      )
    return { transport: 'http2', undiciFor: null }
  }
  const refusals = wireRefusals(options)
  if (choice === 'wire')
    for (const option of refusals)
      wrong('transport', `must be undici or auto with ${option}: wire cannot do that`)
  if (choice === 'auto') return { transport: refusals.length > 0 ? 'undici' : 'wire', undiciFor: refusals }
  return { transport: choice ?? 'undici', undiciFor: null }
}
