/** One option that cannot be used, and why. */
export interface Problem {
  /** The option's name as in `Options`, or the unknown word itself. */
  readonly option: string
  readonly message: string
  /** The number of the value that is wrong, from 0, if the option has several. */
  readonly at?: number
  /** Where the value was set, if not by the option's flag: `corerush.config.yaml:3: users`. */
  readonly place?: string
}
