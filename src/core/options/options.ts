/** The user's words: what a run can be told, all of it optional but the URL. Counts and rates are totals over all cores. */
import type { Arrival, OnFull } from '../load/arrivals.ts'
import type { FeederPlan } from '../scenario/row-source.ts'
import type { Count, Duration } from '../units.ts'

/** The options that set how much load there is; only one of them applies. */
export const LOADS = ['users', 'rate', 'stages'] as const

/** What carries the requests; `auto`: wire where it can do what is asked, else undici. */
export type TransportChoice = 'undici' | 'wire' | 'auto'

/** What to run. Every field is optional but `url`, or a scenario that has its own; counts and rates are totals over all cores. */
export interface Options {
  /** A file that says what the users do, `.ts` or `.js`; see docs/SCENARIOS.md. @default one request to `url` */
  scenario?: string | undefined
  /** Only tasks of the scenario with one of these tags: a list, or a text with commas. @default all tasks */
  tags?: string | readonly string[] | undefined
  /** No task with one of these tags, whatever else it has. */
  excludeTags?: string | readonly string[] | undefined
  /** Where the requests go: an absolute http or https URL; with a scenario, in place of its `baseUrl`. */
  url?: string | undefined
  /** Hosts that the run may hit, and no other, wherever redirects and tasks lead: `api.test`, `api.test:8443`, `*.api.test`; a list, or a text with commas. @default any */
  allowHosts?: string | readonly string[] | undefined
  /** HTTP method. @default GET, POST when there is a body */
  method?: string | undefined
  /** Request headers, as an object or as `Name: value` lines. */
  headers?: Readonly<Record<string, string>> | readonly string[] | undefined
  /** Request body: text, or bytes. */
  body?: string | Uint8Array | undefined
  /** The name under which the request is reported. @default method and path */
  name?: string | undefined
  /** A file of requests, each iteration sends one of them by their weights; in place of `method` and `body`. See docs/TEMPLATES.md. */
  targets?: string | undefined
  /** A CSV or JSON file whose columns are placeholders such as `{{name}}`, a row for each iteration; see docs/TEMPLATES.md. */
  data?: string | undefined
  /** Which row is next: `sequential`, `unique` (each once in the whole run), `shuffle`, `random`. @default sequential */
  dataOrder?: FeederPlan['order'] | undefined
  /** When all rows are taken: `recycle`, begin again, or `stop`, the load ends. @default recycle, of unique rows stop */
  dataEnd?: 'recycle' | 'stop' | undefined
  /** Statuses that count as success: `200`, `2xx,404`, `200-299`. @default 2xx and 3xx */
  expectStatus?: string | number | undefined
  /** Closed model: virtual users, over all workers. @default 1 */
  users?: Count | undefined
  /** Open model: iterations due per second by the clock, over all workers: `1000`, `10k/s`, `90/m`. */
  rate?: Count | undefined
  /** `30s:100` (users) or `30s:100/s` (arrival rate): linearly from the value before to this one. They say how long the load is. */
  stages?: string | readonly string[] | undefined
  /** Open model: how arrivals are spaced, `uniform` or `poisson`. @default uniform */
  arrival?: Arrival | undefined
  /** Open model: the most users there can be, over all workers. @default 10k, or what the file limit allows */
  maxUsers?: Count | undefined
  /** Open model: what becomes of an arrival when all users are busy, `queue` or `drop`. @default queue */
  onFull?: OnFull | undefined
  /** Users started per second. @default all users spread over the first second */
  spawnRate?: Count | undefined
  /** Span over which all users are started evenly, or the arrival rate rises from 0. */
  rampUp?: Duration | undefined
  /** Pause of a user between iterations: `1s`, `0.9s-1.1s`, `pacing:1s`, `throughput:2`. @default none */
  wait?: Duration | undefined
  /** Length of the load, ramps included. @default 10s, or no limit when `requests` is given */
  duration?: Duration | undefined
  /** Exactly so many requests are sent, over all workers. @default no limit */
  requests?: Count | undefined
  /** Exactly so many iterations are started, over all workers. @default no limit */
  iterations?: Count | undefined
  /** The first whole seconds of the load that are not measured: kept in the timeline, not in the totals. @default 0 */
  warmup?: Duration | undefined
  /** How long requests in flight may take to end after the load. @default 30s */
  gracefulStop?: Duration | undefined
  /** How long to wait for the target to accept a connection before the run begins. @default not at all */
  waitForTarget?: Duration | undefined
  /** Worker threads. @default one per core that this process may use */
  workers?: Count | undefined
  /** Seed of everything random, for repeatable plans. @default 1 */
  seed?: Count | undefined
  /** What carries the requests: `undici`, `wire` (plain HTTP/1.1 at less than half the cost), or `auto`: wire where it can. @default undici */
  transport?: TransportChoice | undefined
  /** Longest time from sent to done, connecting included. @default 30s */
  timeout?: Duration | undefined
  /** Longest time to make a connection. @default 10s */
  connectTimeout?: Duration | undefined
  /** Accept any TLS certificate. @default false */
  insecure?: boolean | undefined
  /** Keep connections open between requests. @default true */
  keepAlive?: boolean | undefined
  /** HTTP/2, negotiated over TLS or by prior knowledge over cleartext; a target that does not speak it fails. @default false */
  http2?: boolean | undefined
  /** How many redirects an iteration follows at most; each hop is a request. @default 0 */
  maxRedirects?: Count | undefined
  /** `user:password` of basic authorization. */
  auth?: string | undefined
  /** The http URL of a proxy, with `user:password@` where it asks for them. */
  proxy?: string | undefined
  /** Connect to this Unix socket whatever the URL's host is. */
  unixSocket?: string | undefined
  /** `HOST:PORT:ADDR:PORT`, as curl has it: connect to the second pair in place of the first. */
  connectTo?: string | readonly string[] | undefined
  /** Certificate authorities to trust in place of the platform's, in PEM. */
  ca?: string | Uint8Array | undefined
  /** The client certificate, in PEM; with `key`. */
  cert?: string | Uint8Array | undefined
  /** The key of the client certificate, in PEM. */
  key?: string | Uint8Array | undefined
  /** Addresses of this host to connect from, users taking them in turn: a list, or a text with commas. @default the platform's choice */
  localAddress?: string | readonly string[] | undefined
  /** How long a look-up of a host name holds. @default for the run */
  dnsTtl?: Duration | undefined
  /** Rules about the target such as `p99 < 300ms`, `failed < 1%`, `GetPrograms: p95 < 200ms over 10s`; with a baseline `p95 < baseline + 10%`. @default failed < 1% */
  thresholds?: string | readonly string[] | undefined
  /** Runs that this one is compared with when it has ended: files of reports, or names that runs were kept under; a list, or a text with commas. */
  baseline?: string | readonly string[] | undefined
  /** How the baseline may differ and be compared all the same: `plan`, `host`, `version`, `void`; a list, or a text with commas. */
  allow?: string | readonly string[] | undefined
  /** Keep the first so many failing exchanges of each outcome, request and response, in the report. @default 0 */
  captureFailures?: Count | undefined
  /** The page of a Prometheus node_exporter on the server: its CPU and memory stand beside the generator's. */
  targetMetrics?: string | undefined
  /** Texts that are sent and never shown: in the URL behind its host, in headers and in the body they read `***` in every output. */
  secrets?: readonly string[] | undefined
}

/** One option that cannot be used, and why. */
export interface Problem {
  /** The option's name as in `Options`, or the unknown word itself. */
  readonly option: string
  readonly message: string
  /** Which of the option's values it is about, from 0, where there are several. */
  readonly at?: number
  /** Where the value was said, when that is not the flag of the option: `corerush.config.yaml:3: users`. */
  readonly place?: string
}

export const DEFAULTS = {
  users: 1,
  rampUpS: 1,
  maxUsers: 10_000,
  durationS: 10,
  gracefulStopS: 30,
  timeoutS: 30,
  connectTimeoutS: 10,
  seed: 1,
} as const

export const MOST_USERS = 1_000_000
export const MOST_WORKERS = 1024
/** Failing exchanges that are kept of one outcome. */
export const MOST_CAPTURED = 100
/** Tickets are counted in 32 bits. */
export const MOST_REQUESTS = 2_000_000_000

/** The names of all options. */
export const OPTION_NAMES: readonly (keyof Options)[] = [
  'scenario',
  'tags',
  'excludeTags',
  'url',
  'allowHosts',
  'method',
  'headers',
  'body',
  'name',
  'targets',
  'data',
  'dataOrder',
  'dataEnd',
  'expectStatus',
  'users',
  'rate',
  'stages',
  'arrival',
  'maxUsers',
  'onFull',
  'spawnRate',
  'rampUp',
  'wait',
  'duration',
  'requests',
  'iterations',
  'warmup',
  'gracefulStop',
  'waitForTarget',
  'workers',
  'seed',
  'transport',
  'timeout',
  'connectTimeout',
  'insecure',
  'keepAlive',
  'http2',
  'maxRedirects',
  'auth',
  'proxy',
  'unixSocket',
  'connectTo',
  'ca',
  'cert',
  'key',
  'localAddress',
  'dnsTtl',
  'thresholds',
  'baseline',
  'allow',
  'captureFailures',
  'targetMetrics',
  'secrets',
]

/** What this host offers where the user said nothing. */
export interface HostDefaults {
  /** Cores that this process may really use. */
  readonly cores: number
  /** How many users' connections this process may have open. */
  readonly descriptors: number
}
