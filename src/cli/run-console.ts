/** What surrounds the runs of a command: the terminal, the metrics page and the live page. */
import type { Report } from '../core/report/report.ts'
import type { RunControl } from '../host/control.ts'
import type { Output } from '../output/output.ts'
import type { LivePage } from '../output/web/live-page.ts'
import type { PageAddress } from '../output/web/page-address.ts'
import type { MetricsPage } from '../output/web/metrics-page.ts'
import type { WebActions, WebServer } from '../output/web/web-server.ts'
import type { PageBeginning } from '../output/web/live-page.ts'
import type { Command } from './command.ts'
import { amendLoad, isInCi, openMetrics, openWeb } from './served-pages.ts'
import { Terminal } from './terminal.ts'

export class RunConsole {
  readonly terminal: Terminal
  readonly #metrics: MetricsPage | null
  #web: WebServer | null = null
  /** The warnings that the terminal has shown. */
  readonly #shown = new Set<string>()
  /** Aborted by Stop on the live page, for the run under way. */
  #stopping = new AbortController()

  private constructor(command: Command, metrics: MetricsPage | null) {
    this.#metrics = metrics
    this.terminal = new Terminal(command, () => this.#web?.page.stopping())
  }

  /** Serves the metrics page, if there is an address for it, and watches the terminal. */
  static async open(command: Command, metrics: PageAddress | null): Promise<RunConsole> {
    return new RunConsole(command, metrics === null ? null : await openMetrics(metrics))
  }

  /** Serves the live page; `start` is called when its form is sent, `null` without one. */
  async openPage(
    address: PageAddress,
    given: Omit<PageBeginning, 'phase' | 'staysOpen'> = { form: null },
    start: WebActions['start'] = null,
  ): Promise<void> {
    const hasForm = given.form !== null
    const phase = hasForm ? 'waiting' : 'preparing'
    const beginning = { ...given, phase, staysOpen: hasForm || this.staysOpen } as const
    this.#web = await openWeb(address, beginning, {
      stop: () => this.#stop(),
      start,
      amend: (load, words) => amendLoad(this.control, load, words),
    })
  }

  /** Whether the live page stays after the run: someone is there to end the command. */
  get staysOpen(): boolean {
    return this.terminal.isAttended && !isInCi(process.env)
  }

  /** Aborted when the run under way is to end, by the terminal or by the live page. */
  get signal(): AbortSignal {
    return AbortSignal.any([this.terminal.signal, this.#stopping.signal])
  }

  /** The control of the run under way; `null` before the first run has begun. */
  get control(): RunControl | null {
    return this.terminal.control
  }

  /** Returns what shows the next run: a new view of the terminal, and the pages. */
  outputsOfNext(): Output[] {
    const pages = [this.#metrics, this.page].filter((page) => page !== null)
    const memory: Output = {
      name: 'warnings',
      start: ({ warnings }) => {
        for (const warning of warnings) this.#shown.add(warning)
      },
    }
    return [this.terminal.next(), memory, ...pages]
  }

  /** The report for a summary on this stream: without the warnings that stderr has shown, if that is the same terminal. */
  forSummary(report: Report, stream: NodeJS.WriteStream): Report {
    const { stderr } = process
    if (stream !== stderr && !(stream.isTTY && stderr.isTTY)) return report
    return { ...report, warnings: report.warnings.filter((warning) => !this.#shown.has(warning)) }
  }

  /** The run has ended: nothing is shown any more, and an order to stop is for the next run. */
  rest(): void {
    this.terminal.rest()
    this.#stopping = new AbortController()
  }

  /** Keeps the live page, if there is one, until the signal. */
  async stayUntil(signal: AbortSignal): Promise<void> {
    await this.#web?.stayUntil(signal)
  }

  /** The live page; `null` without one. */
  get page(): LivePage | null {
    return this.#web?.page ?? null
  }

  /** The address of the live page; `null` without one. */
  get url(): string | null {
    return this.#web?.url ?? null
  }

  /** Leaves the terminal as it was, and serves no page any more. */
  async close(): Promise<void> {
    this.terminal.release()
    this.#metrics?.close()
    await this.#web?.close()
  }

  #stop(): void {
    this.#stopping.abort()
    this.terminal.stopping()
  }
}
