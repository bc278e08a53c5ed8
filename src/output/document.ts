/** An output rendered from the report alone when the run has ended: JSON, JUnit, lines of seconds in a file. */
import type { Report } from '../core/report/report.ts'
import type { Destination } from './destination.ts'
import type { Output } from './output.ts'
import type { Pieces } from './whole-file.ts'

export class Document implements Output {
  readonly name: string
  readonly #render: (report: Report) => string | Pieces
  readonly #destination: Destination

  constructor(kind: string, render: (report: Report) => string | Pieces, destination: Destination) {
    this.name = `${kind}=${destination.name}`
    this.#render = render
    this.#destination = destination
  }

  check(): void {
    this.#destination.check()
  }

  finish(report: Report): void | Promise<void> {
    return this.#destination.write(this.#render(report))
  }
}
