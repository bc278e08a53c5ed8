/** Feeders: data from a file, a row at a time. What an author makes is a description; rows are read before the run. */
import type { FeederPlan } from '../core/scenario/row-source.ts'

export interface FeederOptions {
  /**
   * `sequential`: in their order. `unique`: in their order, each once in the whole run. `shuffle`: in another order, that
   * of the seed. `random`: any, however often. @default sequential
   */
  readonly order?: FeederPlan['order'] | undefined
  /**
   * When all rows are taken: begin again; stop the user, or the run where a rate makes users; or an error of the task.
   * @default recycle, of unique rows stop
   */
  readonly end?: FeederPlan['end'] | undefined
}

export interface CsvOptions extends FeederOptions {
  /** Between two cells. @default as its first lines suggest: comma, semicolon, tab or bar */
  readonly delimiter?: string | undefined
}

const MARK = Symbol.for('corerush.feeder')

/** Rows, to be taken with `take`. */
export interface Feeder<Row> {
  readonly [MARK]: Row
  readonly path: string
}

/** What `feeder` of a scenario file was asked for. */
export interface AskedFeeder {
  readonly feeder: Feeder<unknown>
  readonly format: FeederPlan['format']
  readonly options: CsvOptions
}

export interface FeederMaker {
  /** A CSV file, its first line the names of the columns; paths are relative to the scenario file. */
  csv<Row = Record<string, string>>(path: string, options?: CsvOptions): Feeder<Row>
  /** A JSON file with a list of rows. */
  json<Row = unknown>(path: string, options?: FeederOptions): Feeder<Row>
}

/** Makes feeders, and passes each to `ask`. */
export function feederMaker(ask: (asked: AskedFeeder) => void): FeederMaker {
  const make = <Row>(format: FeederPlan['format'], path: string, options: CsvOptions = {}): Feeder<Row> => {
    if (typeof (path as unknown) !== 'string' || path === '')
      throw new TypeError(`feeder.${format} needs the path of a file`)
    const feeder = { [MARK]: undefined, path } as Feeder<unknown>
    ask({ feeder, format, options })
    return feeder as Feeder<Row>
  }
  return {
    csv: (path, options) => make('csv', path, options),
    json: (path, options) => make('json', path, options),
  }
}

/** Makes feeders. In a scenario file that is run, it is another one, that knows the file. */
export const feeder = feederMaker(() => undefined)
