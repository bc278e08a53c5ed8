/** The exceptions of Python that imported files raise and catch. */

/** What an exception of each class is as well; all but those of `exit` are an `Exception`. */
const BASES: Readonly<Record<string, readonly string[]>> = {
  KeyError: ['LookupError'],
  IndexError: ['LookupError'],
  JSONDecodeError: ['ValueError'],
  UnicodeDecodeError: ['ValueError'],
  ZeroDivisionError: ['ArithmeticError'],
  OverflowError: ['ArithmeticError'],
  FileNotFoundError: ['OSError', 'IOError'],
  ConnectionError: ['OSError', 'RequestException'],
  HTTPError: ['RequestException', 'OSError'],
  ResponseError: ['CatchResponseError'],
  Timeout: ['RequestException', 'OSError'],
}

/** What Python calls the errors of JavaScript. */
const OF_JAVASCRIPT: Readonly<Record<string, string>> = {
  SyntaxError: 'JSONDecodeError',
  TypeError: 'TypeError',
  RangeError: 'ValueError',
}

/** An exception of a class of Python. */
export class PythonError extends Error {
  /** The class: `KeyError`. */
  override name: string
  readonly args: readonly any[]

  constructor(name = 'Exception', ...args: readonly any[]) {
    super(args.length < 2 ? String(args[0] ?? '') : `(${args.map(shown).join(', ')})`)
    this.name = name
    this.args = args
  }

  /** What exceptions of a locustfile have in `__init__`: the message. */
  __init__(...args: any[]): void {
    const { message } = new PythonError(this.name, ...args)
    this.message = message
    ;(this as { args: readonly any[] }).args = args
  }
}

/** An argument among several, as `repr` writes texts and numbers. */
const shown = (one: unknown): string => (typeof one === 'string' ? `'${one}'` : String(one))

/** A statement that could not be translated was reached. No `except` catches it. */
export class NotTranslated extends Error {
  override readonly name = 'NotTranslated'
}

/** An exception to throw: `throw py.error('ValueError', 'no token')`. */
export const error = (name: string, ...args: readonly any[]): PythonError => new PythonError(name, ...args)

/** Raises an exception within an expression. */
export function raise(name: string, message: unknown = ''): never {
  throw error(name, message)
}

/**
 * Throws: here stood a statement that has no translation. Replace it. Its type is not `never`, or a compiler would find
 * faults in the statements below it.
 */
export function notTranslated(what: string): any {
  throw new NotTranslated(`not translated: ${what}`)
}

/** Whether `except` with these classes catches what was thrown. */
export function isError(thrown: unknown, ...names: readonly string[]): boolean {
  if (thrown instanceof NotTranslated) return false
  const own = thrown instanceof PythonError ? classesOf(thrown) : []
  const name = thrown instanceof Error ? (OF_JAVASCRIPT[thrown.name] ?? thrown.name) : 'Exception'
  const all = [...own, name].flatMap((one) => [one, ...(BASES[one] ?? [])])
  return [...all, 'Exception', 'BaseException'].some((one) => names.includes(one))
}

/** The classes of a locustfile that an exception is of. */
function classesOf(thrown: PythonError): string[] {
  const found: string[] = []
  for (let of = thrown.constructor; of !== PythonError; of = Object.getPrototypeOf(of) as typeof of)
    found.push(of.name, (of as { readonly base?: string }).base ?? 'Exception')
  return found
}
