/** The live view of a run on a terminal: a few lines that are painted over in place, one write per frame. */
import type { Plan } from '../../core/plan/plan.ts'
import type { Judgement } from '../../core/report/report.ts'
import type { SecondRow } from '../../core/measure/second.ts'
import { CHART_S } from './live-charts.ts'
import { renderLive, type LiveState } from './live-frame.ts'
import { TABLES, type KeyState } from './live-table.ts'
import type { LiveSecond, Output, RunStart, Screen } from '../output.ts'
import { renderLine } from '../text/paint.ts'

const FRAME_MS = 250
/** So many seconds are judged anew each time. */
const JUDGED_EVERY = 600
const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
/** Terminals that know them show all between the two at once; the others ignore them. */
const BEGIN_FRAME = '\u001b[?2026h'
const END_FRAME = '\u001b[?2026l'

/** What keys do to the view. */
export type ViewKey = 'pause' | 'help' | 'table'

/** An output that tells the user that the order to stop has been heard. */
export interface Stoppable {
  stopping(): void
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
  /** What the keys have made of the view. */
  #keys: KeyState | null
  /** What is shown while the view is paused. */
  #frozen: LiveState | null = null
  #painted = 0
  #timer: NodeJS.Timeout | null = null

  /** `hasKeys`: somebody can press keys, and `press` tells of them. */
  constructor(screen: Screen, color: boolean, hasKeys = false) {
    this.#screen = screen
    this.#color = color
    this.#keys = hasKeys ? { table: TABLES[0], isPaused: false, showsHelp: false } : null
  }

  start(run: RunStart): void {
    this.#run = run
    for (const warning of run.warnings) this.#warn(warning)
    this.resume()
  }

  /** Shows the view, again after `restore`; nothing unless a run goes on. */
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
    // Judging looks at every second so far: of many hours, not each time.
    if (live.row.second % Math.ceil((live.row.second + 1) / JUDGED_EVERY) === 0)
      this.#judgement = live.judged()
  }

  /** A key of the view was pressed. */
  press(key: ViewKey): void {
    if (this.#keys === null || this.#timer === null) return
    const { table, isPaused, showsHelp } = this.#keys
    if (key === 'pause') {
      this.#frozen = isPaused ? null : this.#state()
      this.#keys = { ...this.#keys, isPaused: !isPaused }
    } else if (key === 'help') this.#keys = { ...this.#keys, showsHelp: !showsHelp }
    else
      this.#keys = {
        ...this.#keys,
        table: TABLES[(TABLES.indexOf(table) + 1) % TABLES.length]!,
        showsHelp: false,
      }
    this.#paint()
  }

  /** Something that the user did came to nothing: it stands above the view, and stays there. */
  tell(why: string): void {
    if (this.#timer === null) return
    this.#screen.write(`${this.#rewind()}\u001b[0J`)
    this.#painted = 0
    this.#warn(why)
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

  /** Leaves the terminal as it was, without the view; safe to call at any time and more than once. */
  restore(): void {
    if (this.#timer === null) return
    clearInterval(this.#timer)
    this.#timer = null
    this.#screen.write(this.#rewind() + '\u001b[0J' + SHOW_CURSOR)
    this.#painted = 0
  }

  #warn(text: string): void {
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
    }
  }

  #paint(): void {
    // The last column stays free: a full line would wrap on some terminals.
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
