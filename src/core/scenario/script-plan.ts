/** What the main thread read from a scenario file. Code does not cross threads: each worker loads the file itself. */
import type { CustomMetricPlan } from '../measure/custom-metrics.ts'
import type { RequestPlan } from '../request/request.ts'
import type { Proxy } from '../request/route.ts'
import type { FeederPlan } from './row-source.ts'
import type { ScriptOptionPlan } from './script-options.ts'
import type { Wait } from '../load/wait-time.ts'

export interface TaskPlan {
  /** After the names of its groups: `checkout/Pay`. */
  readonly name: string
  /** The name of the group it is in; empty for none. */
  readonly group: string
  /** The place among the tasks and groups around it. */
  readonly at: number
  readonly weight: number
  readonly tags: readonly string[]
}

/** What the requests of a scenario go with where that differs from the plan's own. */
export interface ScenarioHttp {
  /** What its requests begin from: base URL and headers. */
  readonly request: RequestPlan
  readonly timeoutS: number
  readonly connectTimeoutS: number
  readonly maxRedirects: number
  readonly insecure: boolean
  readonly http2: boolean
  readonly proxy: Proxy | null
  readonly ca: string | null
  readonly cert: string | null
  readonly key: string | null
}

/** Tasks of their own choice within a scenario. */
export interface GroupPlan {
  /** After the names of the groups around it. */
  readonly name: string
  /** The name of the group around it; empty for none. */
  readonly group: string
  readonly at: number
  readonly weight: number
  readonly isSequence: boolean
}

export interface ScenarioPlan {
  /** The place of the scenario in the file. */
  readonly index: number
  /** `null` if the file has one that needs no name. */
  readonly name: string | null
  /** The weight among scenarios without a fixed number of users. */
  readonly weight: number
  /** The fixed number of users; `null` if the weight decides. */
  readonly users: number | null
  readonly wait: Wait | null
  /** One task for each iteration, in their order and not by their weights. */
  readonly isSequence: boolean
  /** Each user keeps the cookies that it is sent. */
  readonly keepsCookies: boolean
  /** Whether it has a `setup` or a `teardown`, which run once for the whole run. */
  readonly hasSetup: boolean
  /** Whether it has an `onStart`, which runs before each user's first task. */
  readonly hasStart: boolean
  /** `null` if its requests go as the plan says. */
  readonly http: ScenarioHttp | null
  /** Options that the scenario sets itself, by their names. */
  readonly sets: readonly string[]
  readonly tasks: readonly TaskPlan[]
  readonly groups: readonly GroupPlan[]
}

/** A scenario file. */
export interface ScriptPlan {
  /** The file, absolute. */
  readonly file: string
  /** SHA-256 of the file's text, in hex; imports are not included. */
  readonly sha256: string
  /** Where requests with a path go. */
  readonly baseUrl: string | null
  /** The load over time as it is written, of all users; `null` if the file says none, or something stronger another one. */
  readonly stages: readonly string[] | null
  readonly scenarios: readonly ScenarioPlan[]
  /** In the order in which the file makes them. */
  readonly feeders: readonly FeederPlan[]
  /** Options of its own, with their values. */
  readonly options: readonly ScriptOptionPlan[]
  /** Metrics of its own. */
  readonly metrics: readonly CustomMetricPlan[]
}

/** Where what is sent is said: a plan that has more than one request has a file for them. */
export interface Subject {
  readonly scenario: { readonly file: string } | null
  readonly targets: { readonly file: string } | null
  readonly request: { readonly method: string; readonly url: string }
}

/** Whether the plan's own request is what is sent. */
export const isOneRequest = ({ scenario, targets }: Pick<Subject, 'scenario' | 'targets'>): boolean =>
  scenario === null && targets === null

/** `METHOD URL` of a plan with one request, else the name of the file that has them. */
export function subjectOf({ scenario, targets, request }: Subject): string {
  const { file } = scenario ?? targets ?? { file: null }
  return file === null ? `${request.method} ${request.url}` : `${file.replace(/^.*[/\\]/, '')} ${request.url}`
}

/** Picks the number of a task or of a request, each as often as its weight says. */
export function chooser(weights: readonly number[]): (iteration: number, random: () => number) => number {
  let sum = 0
  const upTo = weights.map((weight) => (sum += weight))
  if (weights.length === 1) return () => 0
  return (_iteration, random) => {
    const at = random() * sum
    // The first that ends above it, by halves: there may be thousands.
    let low = 0
    let high = upTo.length - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (at < upTo[middle]!) high = middle
      else low = middle + 1
    }
    return low
  }
}
