/** Records of single requests in a file that grows during the run, as lines of JSON, or CSV if its name ends in `.csv`. */
import type { RequestRows } from '../../core/measure/request-rows.ts'
import type { GrowingFile } from '../growing-file.ts'
import type { Output } from '../output.ts'
import { headOf, RequestLines, type LineFormat } from './request-lines.ts'

export class RequestFile implements Output {
  readonly name: string
  readonly #file: GrowingFile
  readonly #format: LineFormat
  readonly #lines: RequestLines
  /** Resolves when the file is empty but for its head. */
  #begun: Promise<void> | null = null
  /** The first failure: nothing is written after it, as lines would be cut off. */
  #failure: Error | null = null

  constructor(file: GrowingFile) {
    this.name = `requests=${file.name}`
    this.#file = file
    this.#format = /\.csv$/i.test(file.name) ? 'csv' : 'ndjson'
    this.#lines = new RequestLines(this.#format)
  }

  check(): void {
    this.#file.check()
  }

  start(): void {
    // A failure is that of `recorded` or `finish`, too.
    this.#begin().catch(() => undefined)
  }

  async recorded(rows: RequestRows): Promise<void> {
    await this.#begin()
    // Not rendered in vain.
    if (this.#failure !== null) throw this.#failure
    await this.#write(this.#lines.render(rows))
  }

  async finish(): Promise<void> {
    await this.#begun
    await this.#file.close()
  }

  #begin(): Promise<void> {
    return (this.#begun ??= this.#write(headOf(this.#format)))
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (this.#failure !== null) throw this.#failure
    try {
      await this.#file.write(bytes)
    } catch (error) {
      throw (this.#failure = error as Error)
    }
  }
}
