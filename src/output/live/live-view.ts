/** The live view of a run on a terminal: lines repainted in place, one write per frame. */
import type { Plan } from '../../core/plan/plan.ts'
import type { Judgement } from '../../core/report/judgement.ts'
import type { LogEntry } from '../../core/measure/task-log.ts'
import type { SecondRow } from '../../core/measure/second.ts'
import { CHART_S } from './live-charts.ts'
import { renderLive, type LiveState } from './live-frame.ts'
import { TABLES, type KeyState } from './live-table.ts'
import type { LiveSecond, Output, RunStart, Screen } from '../output.ts'
import { renderLogEntry } from '../text/log-text.ts'
import { renderLine } from '../text/paint.ts'

const FRAME_MS = 250
/** Runs up to this many seconds are evaluated every second; longer ones less often. */
const JUDGED_EVERY = 600
const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
/** Synchronized output: terminals that support it show a frame at once, others ignore it. */
const BEGIN_FRAME = '\u001b[?2026h'
const END_FRAME = '\u001b[?2026l'

/** Actions of keys on the view. */
export type ViewKey = 'pause' | 'help' | 'table' | 'agents'

/** An output that acknowledges a request to stop. */
export interface Stoppable {
  /** `signal` is the name of the signal that it came as; `null` if it came otherwise. */
  stopping(signal: string | null): void
}

export class LiveView implements Output, Stoppable {
  readonly name = 'live view'
  readonly #screen: Screen
  readonly #color: boolean
  #run: RunStart | null = null
  #latest: LiveSecond | null = null
  #seconds: readonly SecondRow[] = []
  #judgement: Judgement | null = null
  #isStopping = false
  /** State set by keys. */
  #keys: KeyState | null
  /** State shown while the view is paused. */
  #frozen: LiveState | null = null
  #painted = 0
  #timer: NodeJS.Timeout | null = null

  /** `hasKeys`: keys can be pressed and arrive through `press`. */
  constructor(screen: Screen, color: boolean, hasKeys = false) {
    this.#screen = screen
    this.#color = color
    this.#keys = hasKeys ? { table: TABLES[0], isPaused: false, showsHelp: false, isUnfolded: false } : null
  }

  start(run: RunStart): void {
    this.#run = run
    for (const warning of run.warnings) this.#writeWarning(warning)
    this.resume()
  }

  /** Shows the view, also again after `restore`; does nothing unless a run is in progress. */
  resume(): void {
    if (this.#run === null || this.#timer !== null) return
    this.#screen.write(HIDE_CURSOR)
    this.#paint()
    this.#timer = setInterval(() => this.#paint(), FRAME_MS)
  }

  amended(plan: Plan): void {
    this.#run = { ...this.#run!, plan }
  }

  second(live: LiveSecond): void {
    this.#latest = live
    this.#seconds = [...this.#seconds, live.row].slice(-CHART_S)
    // An evaluation reads all seconds so far: too much for every second of a run of many hours.
    if (live.row.second % Math.ceil((live.row.second + 1) / JUDGED_EVERY) === 0)
      this.#judgement = live.judged()
  }

  /** Handles a key of the view. */
  press(key: ViewKey): void {
    if (this.#keys === null || this.#timer === null) return
    const { table, isPaused, showsHelp, isUnfolded } = this.#keys
    if (key === 'pause') {
      this.#frozen = isPaused ? null : this.#state()
      this.#keys = { ...this.#keys, isPaused: !isPaused }
    } else if (key === 'help') this.#keys = { ...this.#keys, showsHelp: !showsHelp }
    else if (key === 'agents') this.#keys = { ...this.#keys, isUnfolded: !isUnfolded }
    else
      this.#keys = {
        ...this.#keys,
        table: TABLES[(TABLES.indexOf(table) + 1) % TABLES.length]!,
        showsHelp: false,
      }
    this.#paint()
  }

  /** Prints a warning above the view, where it stays. */
  warn(text: string): void {
    if (this.#timer !== null) this.#printAbove(() => this.#writeWarning(text))
  }

  logged(entries: readonly LogEntry[]): void {
    const style = { color: this.#color, width: Infinity }
    const print = (): void => {
      for (const entry of entries)
        for (const line of renderLogEntry(entry, style)) this.#screen.write(`${line}\n`)
    }
    if (this.#timer === null) print()
    else this.#printAbove(print)
  }

  #printAbove(print: () => void): void {
    this.#screen.write(`${this.#rewind()}\u001b[0J`)
    this.#painted = 0
    print()
    this.#paint()
  }

  stopping(): void {
    this.#isStopping = true
    this.#frozen = null
    if (this.#keys !== null) this.#keys = { ...this.#keys, isPaused: false }
    if (this.#timer !== null) this.#paint()
  }

  finish(): void {
    this.restore()
    this.#run = null
  }

  /** Removes the view and restores the terminal; safe to call at any time and repeatedly. */
  restore(): void {
    if (this.#timer === null) return
    clearInterval(this.#timer)
    this.#timer = null
    this.#screen.write(this.#rewind() + '\u001b[0J' + SHOW_CURSOR)
    this.#painted = 0
  }

  #writeWarning(text: string): void {
    const style = { color: this.#color, width: Infinity }
    this.#screen.write(renderLine([['warning: ', 'yellow'], text], style) + '\n')
  }

  #state(): LiveState {
    const run = this.#run!
    return {
      run,
      elapsedS: Math.max(0, run.elapsedS()),
      latest: this.#latest,
      judgement: this.#judgement,
      seconds: this.#seconds,
      isStopping: this.#isStopping,
      agents: run.agentsNow?.() ?? null,
    }
  }

  #paint(): void {
    // The last column stays empty: a full line would wrap on some terminals.
    const width = Math.max(1, (this.#screen.columns || 80) - 1)
    const lines = renderLive(
      { ...(this.#frozen ?? this.#state()), keys: this.#keys },
      { color: this.#color, width },
      Math.max(1, (this.#screen.rows || 24) - 1),
    )
    const frame = lines.map((text) => `${text}\u001b[K\n`).join('')
    this.#screen.write(`${BEGIN_FRAME}${this.#rewind()}${frame}\u001b[0J${END_FRAME}`)
    this.#painted = lines.length
  }

  #rewind(): string {
    return this.#painted > 0 ? `\u001b[${this.#painted}F` : ''
  }
}
