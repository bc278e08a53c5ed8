/** What became of records of single requests. */
import { showCount, showMany } from '../units.ts'

/** Records of single requests, with `--out requests=FILE`. */
export interface RecordsReport {
  /** One request in this many is recorded. */
  readonly every: number
  /** Records written, of all requests: also those of the warm-up and unfinished ones. */
  readonly recorded: number
  /** Records that are missing because they came faster than they were written, or could not be written. */
  readonly dropped: number
  /** Names of the outputs that write them, such as `requests=FILE`. */
  readonly outputs: readonly string[]
}

/** "a.csv and standard output" */
const filesOf = ({ outputs }: RecordsReport): string =>
  outputs
    .map((name) => name.replace(/^requests=/, ''))
    .map((file) => (file === '-' ? 'standard output' : file))
    .join(' and ')

/** "1,234 requests in a.csv, 1 in 100" */
export const recordsWords = (records: RecordsReport): string =>
  `${showMany(records.recorded, 'request')} in ${filesOf(records)}${records.every === 1 ? '' : `, 1 in ${showCount(records.every)}`}`

/** ", 12 missing"; empty if none is. */
export const missingWords = ({ dropped }: RecordsReport): string =>
  dropped === 0 ? '' : `, ${showCount(dropped)} missing`

/** Warns of missing records. */
export const recordsWarnings = (records: RecordsReport | null): string[] =>
  records === null || records.dropped === 0
    ? []
    : [
        `${showMany(records.dropped, 'record')} of requests are missing in ${filesOf(records)}: they came faster than they were written, or could not be written; --sample-requests N records one in N`,
      ]
