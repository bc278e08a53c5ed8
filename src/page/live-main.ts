/** Entry of the live page: a run in progress, and its report when it has ended. */
import { amendedPlan } from '../core/plan/amendment.ts'
import { showClock, showCount } from '../core/units.ts'
import type { ReportView } from '../output/view/view.ts'
import type { FormProblem, LiveFrame, LiveRun, PageState, Phase } from '../output/web/web-messages.ts'
import { agentTable } from './parts/agent-table.ts'
import { agents } from './live/agents.ts'
import { AmendForm } from './live/amend.ts'
import { Charts } from './charts/charts.ts'
import { custom } from './parts/custom-part.ts'
import { transactions } from './parts/transaction-table.ts'
import { downloads } from './live/downloads.ts'
import { element, section } from './parts/element.ts'
import { failedRequests, taskErrors } from './parts/outcome-part.ts'
import { glance } from './live/glance.ts'
import { log } from './live/log.ts'
import { renewAll } from './parts/renew.ts'
import { ratios } from './parts/ratio-part.ts'
import { requests } from './parts/request-table.ts'
import { setup } from './parts/setup.ts'
import { StartForm } from './live/start.ts'
import { act, listen } from './live/stream.ts'
import { distributions, keyFigures, thresholds, verdict, warnings } from './parts/glance-summary.ts'
import { Tabs } from './parts/tabs.ts'
import { themeSwitch, watchTheme } from './parts/theme.ts'
import { threadNames } from './parts/thread-names.ts'
import { workers } from './live/workers.ts'

/** Charts shown under "Workers and cores". */
const GENERATOR_CHARTS = ['workers', 'cores', 'target', 'lag']

const PHASES: Readonly<Record<Phase, string>> = {
  waiting: 'no run yet',
  preparing: 'preparing',
  running: 'running',
  stopping: 'stopping: waiting for requests in flight',
  ended: 'ended',
}

class LiveView {
  readonly #token = takeToken()
  readonly #head = element('div')
  readonly #phase = element('span', { role: 'status' })
  readonly #note = element('span', { class: 'note', role: 'status' })
  readonly #clock = element('span', { class: 'clock' })
  readonly #progress = element('progress', { max: '1', 'aria-label': 'progress of the load' })
  readonly #stop = element('button', { type: 'button', class: 'stop' }, 'Stop')
  readonly #complaint = element('p', { class: 'error', role: 'alert' })
  readonly #now = element('div')
  readonly #places = {
    statistics: element('div'),
    charts: element('div'),
    failures: element('div'),
    errors: element('div'),
    workers: element('div'),
    log: element('div'),
    plan: element('div'),
    downloads: element('div'),
  }
  readonly #generatorTable = element('div')
  readonly #tabs = new Tabs('The run', [
    { id: 'statistics', title: 'Statistics', panel: this.#places.statistics },
    { id: 'charts', title: 'Charts', panel: this.#places.charts },
    { id: 'failures', title: 'Failures', panel: this.#places.failures },
    { id: 'errors', title: 'Errors', panel: this.#places.errors },
    { id: 'workers', title: 'Workers and cores', panel: this.#places.workers },
    { id: 'log', title: 'Log', panel: this.#places.log },
    { id: 'plan', title: 'Plan and host', panel: this.#places.plan },
    { id: 'downloads', title: 'Downloads', panel: this.#places.downloads },
  ])
  readonly #form = new StartForm(async (words) => {
    try {
      const response = (await act(this.#token, 'start', words)) as {
        readonly problems: readonly FormProblem[]
      }
      return response.problems
    } catch (error) {
      return [{ field: null, message: messageOf(error) }]
    }
  })
  readonly #amend = new AmendForm(async (words) => {
    try {
      const { problem } = (await act(this.#token, 'load', words)) as { readonly problem: string | null }
      this.#complaint.textContent = problem ?? ''
      return problem === null
    } catch (error) {
      this.#complaint.textContent = messageOf(error)
      return false
    }
  })
  #state: PageState | null = null
  #isLost = false
  #run: LiveRun | null = null
  #charts: Charts | null = null

  show(page: HTMLElement): void {
    this.#stop.addEventListener('click', () => {
      act(this.#token, 'stop').catch((error: unknown) => (this.#complaint.textContent = messageOf(error)))
    })
    page.append(
      element(
        'header',
        {},
        element(
          'div',
          { class: 'top' },
          element('p', { class: 'made' }, element('b', {}, 'corerush'), ' live'),
          themeSwitch(),
        ),
        this.#head,
        element(
          'div',
          { class: 'status' },
          element('span', { class: 'light', 'aria-hidden': 'true' }),
          this.#phase,
          this.#clock,
          this.#progress,
          this.#amend.root,
          this.#stop,
          this.#note,
        ),
        this.#complaint,
      ),
      this.#form.root,
      this.#now,
      this.#tabs.root,
    )
    this.#showState()
    listen(this.#token, {
      state: (state) => {
        this.#state = state
        this.#showState()
      },
      run: (run) => this.#begin(run),
      frame: (frame) => this.#showFrame(frame),
      lost: (isLost) => {
        this.#isLost = isLost
        this.#showState()
      },
    })
  }

  #showState(): void {
    const { phase, form, failure, isOver } = this.#state ?? {
      phase: 'waiting',
      form: null,
      failure: null,
      isOver: false,
    }
    const isRunning = phase === 'running' || phase === 'stopping'
    document.body.dataset['phase'] = this.#isLost ? 'lost' : phase
    this.#phase.textContent = this.#state === null ? 'connecting' : PHASES[phase]
    this.#note.textContent = this.#isLost
      ? 'connection lost: showing the last data received'
      : isOver
        ? 'corerush has exited: this page keeps showing the last data'
        : ''
    this.#amend.show(this.#state?.load ?? null)
    this.#stop.hidden = !isRunning
    this.#stop.disabled = phase !== 'running'
    this.#progress.hidden = !isRunning
    this.#complaint.textContent = failure === null ? '' : `The run could not start: ${failure}`
    this.#form.root.hidden = form === null || isRunning
    if (failure !== null) this.#form.root.open = true
    if (form !== null) this.#form.fill(form, this.#state!)
    this.#tabs.root.hidden = this.#run === null
    if (this.#state !== null) renewAll(this.#places.downloads, [downloads(this.#state, this.#token)])
  }

  /** Clears the page for a new run. */
  #begin(run: LiveRun): void {
    if (this.#run?.number === run.number && this.#run.startedAt === run.startedAt) return
    this.#run = run
    this.#charts?.destroy()
    this.#charts = null
    this.#form.root.open = false
    for (const place of [this.#now, this.#head, this.#generatorTable, ...Object.values(this.#places)])
      place.replaceChildren()
    this.#clock.textContent = 'measuring the first second …'
    document.title = `corerush: ${run.plan.request.url}`
    this.#showState()
  }

  #showFrame({ run, view: received, now, log: lines, since }: LiveFrame): void {
    if (this.#run?.number !== run) return
    const { plan } = this.#run
    const view: ReportView = { ...received, report: { ...received.report, plan } }
    const { report, words } = view
    const places = this.#places
    document.title = `${now === null ? '' : '● '}corerush: ${words.subject}`
    renewAll(this.#head, [
      element('h1', {}, words.subject),
      element('p', { class: 'facts' }, words.facts.join(' · ')),
    ])
    this.#showClock(view, now === null)
    const judged = element(
      'div',
      { class: 'judged' },
      verdict(view, now === null ? 'Measurement' : 'Measurement so far'),
      thresholds(view),
    )
    renewAll(this.#now, now === null ? [judged, warnings(view)] : [glance(view, now)])
    renewAll(places.statistics, [
      requests(view, (name) => this.#choose(name), now === null ? null : { now, since, reset: this.#reset }),
      transactions(view),
      keyFigures(view),
      custom(view),
      now === null ? null : judged,
      distributions(view),
    ])
    this.#showCharts(view)
    renewAll(places.failures, [section('failures', 'Failures', ...failedRequests(view))])
    renewAll(places.errors, [
      section(
        'errors',
        'Task errors',
        taskErrors(view) ?? element('p', { class: 'note' }, 'No task threw an error.'),
      ),
    ])
    if (now !== null)
      renewAll(this.#generatorTable, [
        now.agents === null ? null : agents(now.agents),
        workers(now.workers, threadNames(report), now.workersInAll),
      ])
    renewAll(places.log, [log(lines)])
    renewAll(places.plan, [ratios(view), agentTable(view), setup(view)])
    this.#tabs.mark('failures', countOf(report.total.failed + report.total.unfinished))
    this.#tabs.mark('errors', countOf(report.taskErrors.reduce((sum, { count }) => sum + count, 0)))
  }

  #showClock({ endS, report }: ReportView, hasEnded: boolean): void {
    const { requests: most } = report.plan
    const { durationS } = amendedPlan(report.plan, report.amendments)
    this.#clock.textContent = hasEnded
      ? `after ${showClock(report.durationS)}`
      : `${showClock(endS)}${durationS === null ? '' : ` of ${showClock(durationS)}`}`
    const ended = report.total.finished + report.total.unfinished
    if (durationS !== null) this.#progress.value = Math.min(1, endS / durationS)
    else if (most !== null) this.#progress.value = Math.min(1, ended / most)
  }

  #showCharts(view: ReportView): void {
    if (this.#charts !== null) {
      this.#charts.update(view)
      return
    }
    this.#charts = new Charts(view, GENERATOR_CHARTS)
    this.#places.charts.replaceChildren(this.#charts.root)
    this.#places.workers.replaceChildren(
      this.#generatorTable,
      section('busy', 'Over time', this.#charts.apart),
    )
  }

  readonly #reset = (isWhole: boolean): void => {
    act(this.#token, 'reset', isWhole ? { whole: 'yes' } : {}).catch(
      (error: unknown) => (this.#complaint.textContent = messageOf(error)),
    )
  }

  #choose(name: string | null): void {
    this.#tabs.open('charts')
    this.#charts?.choose(name)
  }
}

/** The token of the URL. With a cookie in its place it is removed from the URL, and not needed. */
function takeToken(): string {
  if (document.querySelector('[data-has-cookie]') === null)
    return new URLSearchParams(location.search).get('token') ?? ''
  history.replaceState(null, '', location.pathname)
  return ''
}

const countOf = (n: number): string => (n === 0 ? '' : showCount(n))

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).trim()

watchTheme()
new LiveView().show(document.getElementById('page')!)
