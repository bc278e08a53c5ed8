/** The live view of a search on a terminal: trials stay above it; below, the load of now, the bounds and load against p99. */
import { showLoad, valueOf, type FindAnswer } from '../../core/find/answer.ts'
import type { FindReport } from '../../core/find/find-report.ts'
import type { Trial } from '../../core/find/trial.ts'
import { showClock, showMs, showRate } from '../../core/units.ts'
import type { LiveSecond, Output, RunStart, Screen } from '../output.ts'
import { renderFindChart, renderTrial, renderTrialHead } from '../text/find-text.ts'
import { renderLine, type Style } from '../text/paint.ts'

const FRAME_MS = 250
const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
/** Lines of a frame that are not the chart, without the goals. */
const OTHER_LINES = 4
const MOST_LOADS = 12

/** What a frame shows. */
export interface FindState {
  readonly unit: FindReport['unit']
  readonly elapsedS: number
  readonly step: string
  readonly latest: Pick<LiveSecond, 'row'> | null
  readonly trials: readonly Trial[]
  readonly answers: readonly FindAnswer[]
  readonly isStopping: boolean
}

/** Lines of one frame, at most `rows`. Pure. */
export function renderFindLive(state: FindState, style: Style, rows = Infinity): string[] {
  const { unit, elapsedS, step, latest, trials, answers, isStopping } = state
  const row = latest?.row ?? null
  const load = row === null ? '' : unit === 'users' ? ` · ${row.users} users` : ` · ${row.due}/s due`
  const figures =
    row === null
      ? ''
      : `${load} · ${showRate(row.finished)} req/s · p99 ${showMs(row.latencyMs.p99)} · ${row.inFlight + row.queued} waiting`
  const head = renderLine(
    [
      [showClock(elapsedS), 'bold'],
      `  ${isStopping ? 'stopping; Ctrl-C again to quit at once' : step}`,
      [figures, 'dim'],
    ],
    style,
  )
  const goals = answers.map(({ goal, lower, upper, limitedBy }) =>
    renderLine(
      [
        `${goal}  `,
        lower === null ? ['nothing proven yet', 'dim'] : [`${showLoad(lower)} held`, 'green'],
        upper === null
          ? ''
          : [
              ` · ${showLoad(upper)} not${limitedBy === 'generator' ? ' measurable' : ''}`,
              limitedBy === 'generator' ? 'yellow' : 'red',
            ],
      ],
      style,
    ),
  )
  const room = Math.min(MOST_LOADS, rows - OTHER_LINES - goals.length)
  const chart = room < 2 ? [] : ['', ...renderFindChart(nearest(trials, answers, room), unit, answers, style)]
  return [head, ...goals, ...chart].slice(0, rows)
}

/** The trials at the loads nearest to the bounds, or to the last trial while there are none. */
function nearest(trials: readonly Trial[], [answer]: readonly FindAnswer[], most: number): Trial[] {
  const bounds = [answer?.lower ?? null, answer?.upper ?? null].filter((load) => load !== null).map(valueOf)
  const around = bounds.length > 0 ? bounds : trials.slice(-1).map(({ load }) => load)
  const far = (load: number): number => Math.min(...around.map((at) => Math.abs(Math.log(load / at))))
  const loads = [...new Set(trials.map(({ load }) => load))].sort((a, b) => far(a) - far(b)).slice(0, most)
  return trials.filter(({ load }) => loads.includes(load))
}

export class FindView implements Output {
  readonly name = 'live view'
  readonly #screen: Screen
  readonly #color: boolean
  readonly #unit: FindReport['unit']
  #run: RunStart | null = null
  #latest: LiveSecond | null = null
  #step = ''
  #trials: readonly Trial[] = []
  #answers: readonly FindAnswer[] = []
  #isStopping = false
  #painted = 0
  #timer: NodeJS.Timeout | null = null

  constructor(screen: Screen, color: boolean, unit: FindReport['unit']) {
    this.#screen = screen
    this.#color = color
    this.#unit = unit
  }

  start(run: RunStart): void {
    this.#run = run
    for (const warning of run.warnings)
      this.#screen.write(`${renderLine([['warning: ', 'yellow'], warning], this.#style)}\n`)
    this.#screen.write(`${renderTrialHead(this.#style)}\n`)
    this.resume()
  }

  second(live: LiveSecond): void {
    this.#latest = live
  }

  /** Says what is being done other than a trial. */
  step(words: string): void {
    this.#step = words
  }

  /** Prints a trial, which stays above the view. */
  trial(trial: Trial, answers: readonly FindAnswer[]): void {
    this.#trials = [...this.#trials, trial]
    this.#answers = answers
    this.#step = 'searching'
    this.#above(renderTrial(trial, this.#unit, this.#style))
  }

  stopping(): void {
    this.#isStopping = true
    if (this.#timer !== null) this.#paint()
  }

  finish(): void {
    this.restore()
    this.#run = null
  }

  /** Shows the view, also again after `restore`; does nothing unless a search is in progress. */
  resume(): void {
    if (this.#run === null || this.#timer !== null) return
    this.#screen.write(HIDE_CURSOR)
    this.#paint()
    this.#timer = setInterval(() => this.#paint(), FRAME_MS)
  }

  /** Removes the view and restores the terminal; safe to call at any time and repeatedly. */
  restore(): void {
    if (this.#timer === null) return
    clearInterval(this.#timer)
    this.#timer = null
    this.#screen.write(`${this.#rewind()}\u001b[0J${SHOW_CURSOR}`)
    this.#painted = 0
  }

  /** The last column stays empty: a full line would wrap on some terminals. */
  get #style(): Style {
    return { color: this.#color, width: Math.max(1, (this.#screen.columns || 80) - 1) }
  }

  #above(line: string): void {
    if (this.#timer === null) return
    this.#screen.write(`${this.#rewind()}\u001b[0J${line}\n`)
    this.#painted = 0
    this.#paint()
  }

  #paint(): void {
    const state: FindState = {
      unit: this.#unit,
      elapsedS: Math.max(0, this.#run?.elapsedS() ?? 0),
      step: this.#step,
      latest: this.#latest,
      trials: this.#trials,
      answers: this.#answers,
      isStopping: this.#isStopping,
    }
    const lines = ['', ...renderFindLive(state, this.#style, Math.max(1, (this.#screen.rows || 24) - 2))]
    const frame = lines.map((text) => `${text}\u001b[K\n`).join('')
    this.#screen.write(`${this.#rewind()}${frame}\u001b[0J`)
    this.#painted = lines.length
  }

  #rewind(): string {
    return this.#painted > 0 ? `\u001b[${this.#painted}F` : ''
  }
}
