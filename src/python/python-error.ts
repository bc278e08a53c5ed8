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
  override readonly name: string

  constructor(name: string, message: string) {
    super(message)
    this.name = name
  }
}

/** A statement that could not be translated was reached. No `except` catches it. */
export class NotTranslated extends Error {
  override readonly name = 'NotTranslated'
}

/** An exception to throw: `throw py.error('ValueError', 'no token')`. */
export const error = (name: string, message: unknown = ''): PythonError =>
  new PythonError(name, String(message))

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
  const name = thrown instanceof Error ? (OF_JAVASCRIPT[thrown.name] ?? thrown.name) : 'Exception'
  return [name, ...(BASES[name] ?? []), 'Exception', 'BaseException'].some((one) => names.includes(one))
}
