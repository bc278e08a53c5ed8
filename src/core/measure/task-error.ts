/** Errors of the tasks of a scenario, counted by what they are. */

/** One distinct error that a task threw. */
export interface TaskErrorCount {
  readonly task: string
  readonly message: string
  /** Place in the scenario file where it was thrown first, such as `shop.ts:12`; `null` if unknown. */
  readonly place: string | null
  /** The calls that led there, the innermost first, one per line; absent if unknown. */
  readonly trace?: string
  count: number
  firstS: number
  lastS: number
}

/** The message of a task error, and where it was thrown. */
export const taskErrorText = ({ message, place }: Pick<TaskErrorCount, 'message' | 'place'>): string =>
  place === null ? message : `${message} (${place})`

/** The name under which rejections are counted that no task awaited. */
export const NOT_AWAITED = '(not awaited)'
