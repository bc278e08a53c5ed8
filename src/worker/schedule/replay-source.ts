/** What users send who replay a log: the request of the arrival that they start with. */
import { stampedRequest } from '../../core/log/log-line.ts'
import { LogRows } from '../../core/log/replay-rows.ts'
import type { Plan } from '../../core/plan/plan.ts'
import { seededRandom, type Random } from '../../core/random.ts'
import type { RequestTally } from '../../core/measure/request-tally.ts'
import type { RequestPlan } from '../../core/request/request.ts'
import {
  isVaried,
  printRequest,
  renderRequest,
  templateOf,
  type RequestTemplate,
} from '../../core/resolve/request/request-template.ts'
import { globalIndex, type Share } from '../../core/share.ts'
import type { ReplayFile } from '../../protocol.ts'
import type { LogReader } from './log-reader.ts'
import type { Recorder } from '../record/recorder.ts'
import { REQUEST_STREAM, type NextRequest, type Source } from '../user/request-source.ts'
import type { ReplayArrivals } from './replay-arrivals.ts'
import type { Prepared, Transport } from '../transport/transport.ts'

/** Requests that are kept ready: paths come again and again. */
const MOST_READY = 4096

export interface ReplayParts {
  readonly plan: Plan
  readonly share: Share
  readonly transport: Transport
  readonly recorder: Pick<Recorder, 'requestTally'>
  readonly replay: ReplayFile
  readonly reader: Pick<LogReader, 'line'>
  readonly arrivals: ReplayArrivals
}

/** One name of the log. */
interface Name {
  readonly plan: RequestPlan
  /** Its headers with placeholders; `null` if there are none. */
  readonly template: RequestTemplate | null
  readonly tally: RequestTally
}

export class ReplaySource implements Source {
  readonly #parts: ReplayParts
  readonly #rows: LogRows
  readonly #names: readonly Name[]
  /** The URL that paths of the log are added to. */
  readonly #base: string
  readonly #ready = new Map<string, NextRequest>()
  #iterations = 0

  constructor(parts: ReplayParts) {
    const { plan, recorder, replay } = parts
    this.#parts = parts
    this.#rows = new LogRows(replay.rows)
    this.#base = printed(plan.request, plan)
      .url.replace(/[?#].*$/s, '')
      .replace(/\/$/, '')
    this.#names = plan.targets!.requests.map(({ request }) => {
      const template = plan.isTemplated ? templateOf(request) : null
      return {
        plan: printed(request, plan),
        template: template !== null && isVaried(template) ? template : null,
        tally: recorder.requestTally(request),
      }
    })
  }

  randomOf(user: number): Random {
    return seededRandom(this.#parts.plan.seed, user + REQUEST_STREAM)
  }

  promiseRow(): boolean {
    return true
  }

  next(user: number, random: Random): NextRequest {
    const { replay, reader, arrivals, share } = this.#parts
    const place = arrivals.started
    const name = this.#names[this.#rows.nameAt(place)]!
    const line = reader.line(this.#rows.lineAt(place))
    const logged = stampedRequest(line, replay.format)?.request ?? null
    if (logged === null) throw new Error(`${replay.path} has changed while it was replayed`)
    const seq = globalIndex(this.#iterations++, share)
    const { method, path } = logged
    if (name.template !== null)
      return this.#prepared(
        name,
        { method, path },
        renderRequest(name.template, { user, seq, random, row: null }).headers,
      )
    const key = `${method} ${path}`
    const ready = this.#ready.get(key)
    if (ready !== undefined) return ready
    if (this.#ready.size >= MOST_READY) this.#ready.clear()
    const made = this.#prepared(name, logged, name.plan.headers)
    this.#ready.set(key, made)
    return made
  }

  #prepared(
    { plan, tally }: Name,
    { method, path }: { readonly method: string; readonly path: string },
    headers: RequestPlan['headers'],
  ): NextRequest {
    const request: Prepared = this.#parts.transport.prepare({
      ...plan,
      method,
      url: this.#base + path,
      headers,
    })
    return { request, tally, isElsewhere: false }
  }
}

/** The request with its texts as they are sent, where they have no placeholders. */
function printed(request: RequestPlan, { isTemplated }: Plan): RequestPlan {
  return isTemplated ? { ...request, ...printRequest(templateOf(request), false) } : request
}
