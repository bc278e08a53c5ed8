/** Which transport carries the requests, and what only one of them can do. */
import type { Options, TransportChoice } from '../options/options.ts'

/** `undici`: all of HTTP that corerush knows. `wire`: HTTP/1.1 over plain sockets, for less than half the price. */
export type TransportName = Exclude<TransportChoice, 'auto'>

export const TRANSPORTS: readonly TransportName[] = ['undici', 'wire']

/** Options that ask for something that wire cannot do. */
const UNDICI_ONLY: readonly (keyof Options)[] = ['http2', 'maxRedirects', 'proxy', 'scenario']

/** Values of an option that asks for nothing. */
const OFF: readonly unknown[] = [undefined, false, 0, '0']

/** What of the options wire cannot do, by name. */
export const wireRefusals = (options: Options, undiciOnly = UNDICI_ONLY): readonly (keyof Options)[] =>
  undiciOnly.filter((option) => !OFF.includes(options[option]))
