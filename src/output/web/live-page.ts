/**
 * The messages of a run to the open tabs of the live page. Each is made once for all tabs, at a rate that takes a small part
 * of this thread, and not at all without a tab.
 */
import type { LogEntry } from '../../core/measure/task-log.ts'
import type { Plan } from '../../core/plan/plan.ts'
import type { Report } from '../../core/report/report.ts'
import type { SettledSecond } from '../../core/measure/timeline.ts'
import { Audience, eventOf, type Listener } from './audience.ts'
import { CSV_FILES, LocustCsv, type CsvFile } from '../file/csv.ts'
import { KeptText } from '../destination.ts'
import type { Pieces } from '../whole-file.ts'
import type { Stoppable } from '../live/live-view.ts'
import type { LiveSecond, Output, RunStart } from '../output.ts'
import type { LiveRun, PageState, Since } from './web-messages.ts'
import { MOST_LOGGED } from '../view/run-log.ts'
import { Statistics } from './statistics.ts'
import { frameOf, loadTarget } from './web-state.ts'

/** Pause after a frame, as a multiple of the time to make it: in a run of hours, frames become less frequent. */
const REST = 20

/** State set by the owner of the page. */
export type PageBeginning = Pick<PageState, 'phase' | 'form' | 'staysOpen'> &
  Partial<Pick<PageState, 'options' | 'file'>>

export class LivePage implements Output, Stoppable {
  readonly name = 'web'
  readonly #audience = new Audience(() => this.#whole())
  #state: PageState
  #run: LiveRun | null = null
  #latest: LiveSecond | null = null
  #agents: RunStart['agentsNow'] = null
  #report: Report | null = null
  /** The newest frame, and its second. */
  #frame: Buffer | null = null
  #frameSecond = -1
  #restUntilMs = 0
  /** The latest entries of the log of tasks. */
  #logged: readonly LogEntry[] = []
  #statistics: Statistics | null = null
  #csv: LocustCsv | null = null
  #csvTexts: Readonly<Record<CsvFile, KeptText>> | null = null

  constructor(beginning: PageBeginning) {
    this.#state = { ...beginning, load: null, failure: null, isOver: false }
  }

  get state(): PageState {
    return this.#state
  }

  /** The report for downloads, of the run so far while it goes on; `null` before the first second, and if corerush exits. */
  report(): Report | null {
    if (this.#latest !== null) return this.#latest.report()
    return this.#state.staysOpen ? this.#report : null
  }

  /** Whether the run goes on, so that its files are those of the run so far. */
  get isSoFar(): boolean {
    return this.#latest !== null
  }

  /** One of Locust's files of this report. */
  csv(file: CsvFile, report: Report): string | Pieces {
    return this.isSoFar ? this.#csv!.render(report)[file] : this.#csvTexts![file].text
  }

  /** Shows the statistics from the next second on, or of the whole run again. */
  reset(isWhole: boolean): void {
    this.#statistics = isWhole ? null : new Statistics((this.#latest?.row.second ?? -1) + 1)
    this.#frame = null
    this.#restUntilMs = 0
    if (this.#renewFrame()) this.#audience.send(this.#frame!)
  }

  /** Adds a tab. */
  join(listener: Listener): void {
    this.#renewFrame()
    this.#audience.add(listener)
  }

  change(change: Partial<PageState>): void {
    this.#state = { ...this.#state, ...change }
    this.#audience.send(eventOf('state', this.#state))
  }

  start({ plan, version, startedAt, warnings, agentsNow = null }: RunStart): void {
    this.#agents = agentsNow
    this.#run = { number: (this.#run?.number ?? 0) + 1, version, startedAt, plan, warnings }
    this.#latest = this.#report = this.#frame = this.#statistics = null
    this.#logged = []
    const kept = (file: CsvFile): [CsvFile, KeptText] => [file, new KeptText(file)]
    this.#csvTexts = Object.fromEntries(CSV_FILES.map(kept)) as Record<CsvFile, KeptText>
    this.#csv = new LocustCsv('corerush', this.#csvTexts)
    this.change({ phase: 'running', load: loadTarget(plan), failure: null })
    this.#audience.send(eventOf('run', this.#run))
  }

  amended(plan: Plan): void {
    this.change({ load: loadTarget(plan) })
  }

  logged(entries: readonly LogEntry[]): void {
    this.#logged = [...this.#logged, ...entries].slice(-MOST_LOGGED)
  }

  second(live: LiveSecond): void {
    this.#latest = live
    if (this.#audience.size > 0 && this.#renewFrame()) this.#audience.send(this.#frame!)
  }

  settled(second: SettledSecond): void {
    this.#csv?.settled(second)
    this.#statistics?.settled(second)
  }

  stopping(): void {
    if (this.#state.phase === 'running') this.change({ phase: 'stopping', load: null })
  }

  finish(report: Report): void {
    // Without them nothing can be downloaded, so they are not made.
    if (this.#state.staysOpen) void this.#csv?.finish(report)
    this.#report = report
    this.#latest = this.#frame = null
    this.change({ phase: 'ended', load: null })
    if (this.#audience.size > 0 && this.#renewFrame()) this.#audience.send(this.#frame!)
  }

  /** Sends the final state; resolves when all tabs have received it, which may be never. */
  end(): Promise<void> {
    this.#state = { ...this.#state, form: null, isOver: true }
    return this.#audience.end(eventOf('state', this.#state))
  }

  /** Makes a new frame if one is due; returns whether it did. */
  #renewFrame(): boolean {
    if (this.#report !== null) {
      if (this.#frame !== null) return false
      this.#frame = eventOf('frame', frameOf(this.#run!, this.#report, null, this.#logged, this.#since))
      return true
    }
    const live = this.#latest
    const beganMs = performance.now()
    if (live === null || beganMs < this.#restUntilMs) return false
    if (this.#frame !== null && this.#frameSecond === live.row.second) return false
    const agents = this.#agents?.() ?? null
    this.#frame = eventOf(
      'frame',
      frameOf(this.#run!, live.report(), live, this.#logged, this.#since, agents),
    )
    this.#frameSecond = live.row.second
    const endedMs = performance.now()
    this.#restUntilMs = endedMs + REST * (endedMs - beganMs)
    return true
  }

  get #since(): Since | null {
    return this.#statistics?.since ?? null
  }

  /** The messages that a new tab needs. */
  #whole(): Buffer {
    return Buffer.concat([
      eventOf('state', this.#state),
      ...(this.#run === null ? [] : [eventOf('run', this.#run)]),
      ...(this.#frame === null ? [] : [this.#frame]),
    ])
  }
}
