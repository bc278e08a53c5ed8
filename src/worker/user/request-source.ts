/**
 * What users without a script send where that is not always the same: one of several requests, and requests whose
 * placeholders stand for something else each time.
 */
import type { Plan } from '../../core/plan/plan.ts'
import type { KnownSecrets } from '../../core/request/known-secrets.ts'
import { isSecretName } from '../../core/request/secret-name.ts'
import type { RequestPlan } from '../../core/request/request.ts'
import { seededRandom, type Random } from '../../core/random.ts'
import {
  columnsOf,
  isVaried,
  printRequest,
  renderRequest,
  templateOf,
  type RequestTemplate,
} from '../../core/resolve/request/request-template.ts'
import { chooser } from '../../core/scenario/script-plan.ts'
import { globalIndex, portion, type Share } from '../../core/share.ts'
import type { RequestTally } from '../../core/measure/request-tally.ts'
import type { Recorder } from '../record/recorder.ts'
import type { Feed } from './feed.ts'
import type { Prepared, Transport } from '../transport/transport.ts'

/** The rows whose columns are placeholders. */
export interface RequestData {
  readonly feed: Feed
  /** Called when this worker has started an iteration for each of its rows. */
  readonly spent: () => void
  /** Whether it has no users, as long as no amendment gives it some. */
  readonly deserted: () => void
}

/** A request to be sent now. */
export interface NextRequest {
  readonly request: Prepared
  readonly tally: RequestTally
  /** Whether it goes to another origin than the plan's own request. */
  readonly isElsewhere: boolean
}

/** One of the plan's requests. */
interface Kind extends NextRequest {
  readonly plan: RequestPlan
  /** `null` if it is always the same. */
  readonly template: RequestTemplate | null
}

/** What users without a script ask for their next request. */
export interface Source {
  /** The stream of the user with this number among all users. */
  randomOf(user: number): Random
  /** Promises a row to an iteration; `false` if all rows of this worker have been promised. */
  promiseRow(): boolean
  /** The request of the next iteration, which is one of this user's. */
  next(user: number, random: Random): NextRequest
}

/** Apart from the streams of waits and tasks. */
export const REQUEST_STREAM = 0x60_0000

export interface SourceParts {
  readonly plan: Plan
  readonly share: Share
  readonly transport: Transport
  readonly recorder: Pick<Recorder, 'requestTally'>
  readonly data: RequestData | null
  readonly secrets: Pick<KnownSecrets, 'addFields'>
}

export class RequestSource implements Source {
  readonly #share: Share
  readonly #transport: Transport
  readonly #data: RequestData | null
  readonly #seed: number
  readonly #secrets: Pick<KnownSecrets, 'addFields'>
  /** Whether a column that is sent holds secrets by its name. */
  readonly #hasSecrets: boolean
  readonly #kinds: readonly Kind[]
  readonly #choose: ReturnType<typeof chooser>
  /** Rows that are left for iterations to come. */
  #left: number
  #iterations = 0

  constructor({ plan, share, transport, recorder, data, secrets }: SourceParts) {
    this.#secrets = secrets
    this.#share = share
    this.#transport = transport
    this.#data = data
    this.#seed = plan.seed
    this.#left = data === null || plan.data?.end === 'recycle' ? Infinity : portion(data.feed.rows, share)
    const targets = plan.targets?.requests ?? [{ weight: 1, request: plan.request }]
    this.#kinds = targets.map(({ request }) => kindOf(request, plan, transport, recorder))
    const columns = this.#kinds.flatMap(({ template }) =>
      template === null ? [] : [...columnsOf(template).all],
    )
    this.#hasSecrets = data !== null && columns.some(isSecretName)
    this.#choose = chooser(targets.map(({ weight }) => weight))
  }

  randomOf(user: number): Random {
    return seededRandom(this.#seed, user + REQUEST_STREAM)
  }

  promiseRow(): boolean {
    if (this.#left === 0) return false
    this.#left--
    return true
  }

  next(user: number, random: Random): NextRequest {
    const iteration = this.#iterations++
    const kind = this.#kinds[this.#choose(iteration, random)]!
    const seq = globalIndex(iteration, this.#share)
    const row = this.#data === null ? null : (this.#data.feed.take(random)!.row as Record<string, unknown>)
    if (this.#hasSecrets) this.#secrets.addFields(row)
    if (kind.template === null) return kind
    const { name, method, digest, expectStatus } = kind.plan
    const { url, headers, body } = renderRequest(kind.template, { user, seq, random, row })
    return {
      request: this.#transport.prepare({ name, method, url, headers, body, digest, expectStatus }),
      tally: kind.tally,
      isElsewhere: kind.isElsewhere,
    }
  }
}

function kindOf(
  request: RequestPlan,
  { isTemplated, request: own }: Plan,
  transport: Transport,
  recorder: SourceParts['recorder'],
): Kind {
  const template = isTemplated ? templateOf(request) : null
  const always = template === null ? request : { ...request, ...printRequest(template, false) }
  return {
    plan: request,
    template: template !== null && isVaried(template) ? template : null,
    request: transport.prepare(always),
    tally: recorder.requestTally(request),
    isElsewhere: new URL(request.url).origin !== new URL(own.url).origin,
  }
}

/** `null` if the users have a script, or where they always send the same request, made ready once. */
export const sourceOf = (parts: SourceParts): RequestSource | null =>
  parts.plan.scenario === null && (parts.plan.isTemplated || parts.plan.targets !== null)
    ? new RequestSource(parts)
    : null
