/** The exit codes of the command line. When several apply, `core/judge/exit.ts` says which one wins. */
export const EXIT = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  void: 97,
  regression: 98,
  thresholds: 99,
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const

/** The codes an error can carry; a code is never reused for another meaning. */
export type ErrorCode =
  | 'CORERUSH_OPTIONS' // the user's words make no runnable plan
  | 'CORERUSH_CONFIG' // the config file cannot be found, loaded or read
  | 'CORERUSH_SCENARIO' // the scenario file cannot be loaded, or describes none
  | 'CORERUSH_IMPORT' // what is imported cannot be read or translated, or not be written
  | 'CORERUSH_REPLAY' // the log that is replayed cannot be read any more
  | 'CORERUSH_LIMIT' // this host cannot carry the plan
  | 'CORERUSH_OUTPUT' // an output cannot be written
  | 'CORERUSH_TARGET' // the embedded target cannot listen
  | 'CORERUSH_UNREACHABLE' // the target did not come up in the time to wait for it
  | 'CORERUSH_BASELINE' // runs that cannot be read, or not be compared
  | 'CORERUSH_SERIES' // a further one of several runs could not be made
  | 'CORERUSH_AMENDMENT' // the load of the run cannot be changed so, or not any more
  | 'CORERUSH_CREW' // the worker threads could not be started
  | 'CORERUSH_FLEET' // no NATS server, or no agents, for a run on several hosts

/** An error corerush foresaw: says what is wrong, which exit code it means and, where known, what to do about it. */
export class CorerushError extends Error {
  override readonly name = 'CorerushError'
  readonly code: ErrorCode
  readonly exitCode: number
  readonly hint: string | undefined

  constructor(
    code: ErrorCode,
    message: string,
    rest: { exitCode?: number; hint?: string; cause?: unknown } = {},
  ) {
    super(message, rest.cause === undefined ? undefined : { cause: rest.cause })
    this.code = code
    this.exitCode = rest.exitCode ?? EXIT.usage
    this.hint = rest.hint
  }
}

/**
 * The message of anything thrown, whatever it is: the text of an error, else the value as text. Never throws, not even for
 * objects without a prototype or with getters that throw.
 */
export function messageOf(thrown: unknown): string {
  try {
    return textOf(thrown)
  } catch {
    return 'a value without a text was thrown'
  }
}

function textOf(thrown: unknown): string {
  if (thrown === '') return 'an empty text was thrown'
  if (typeof thrown !== 'object' || thrown === null) return String(thrown)
  const { message, name, errors } = thrown as { message?: unknown; name?: unknown; errors?: unknown }
  if (typeof message === 'string' && message !== '') return withoutOpenSsl(message)
  // An AggregateError without a message of its own.
  if (Array.isArray(errors) && errors.length > 0 && errors[0] !== thrown) return messageOf(errors[0])
  // What was given as a message need not be text, such as the JSON of a response.
  if (message !== undefined && message !== '') return jsonOf(message)
  if (thrown instanceof Error) return typeof name === 'string' && name !== '' ? name : 'Error'
  return jsonOf(thrown)
}

/** OpenSSL's `THREAD:error:CODE:library:function:reason:file:line:`; without thread, file and line in some of its errors. */
const OPENSSL =
  /(?:[0-9A-F]{1,16}:)?error:[0-9A-F]{1,8}:([^:\n]{0,99}):[^:\n]{0,99}:([^:\n]{0,200})(?::[^:\n]{0,300}:\d{1,9}:[^:\n]{0,99})?\n?/g

/** The text with the reason and library of OpenSSL's errors, and without its pointers and paths. */
const withoutOpenSsl = (text: string): string =>
  text.includes('error:')
    ? text.replace(OPENSSL, (_, library: string, reason: string) => `${reason} (${library})`)
    : text

/** The value as JSON, or what its type is where it has none. */
function jsonOf(value: unknown): string {
  const json = JSON.stringify(value) as string | undefined
  return json === undefined || json === '{}' ? Object.prototype.toString.call(value) : json
}
