/** Every flag of every command, by the groups in which the help shows them. */

export interface Flag {
  readonly name: string
  readonly alias?: readonly string[]
  readonly kind: 'text' | 'list' | 'switch'
  readonly describe: string
  /** A text that may be left out: the flag alone means something. */
  readonly isOptional?: boolean
  /** The default, in words. */
  readonly show?: string
  /** Of a text: `--no-NAME` says that there is none. */
  readonly canBeOff?: boolean
}

export type FlagGroups = Readonly<Record<string, readonly Flag[]>>

const text = (name: string, describe: string, rest: Partial<Flag> = {}): Flag => ({
  name,
  kind: 'text',
  describe,
  ...rest,
})
const list = (name: string, describe: string, rest: Partial<Flag> = {}): Flag => ({
  name,
  kind: 'list',
  describe,
  ...rest,
})
const flip = (name: string, describe: string, rest: Partial<Flag> = {}): Flag => ({
  name,
  kind: 'switch',
  describe,
  ...rest,
})

export const RUN_FLAGS: FlagGroups = {
  Target: [
    text('url', 'where the requests go; of a scenario, its base URL'),
    list('allow-host', 'HOST, HOST:PORT or *.DOMAIN that may be hit, and no other; may be repeated', {
      show: 'any',
    }),
    list('tags', 'only tasks of the scenario with one of these tags', { alias: ['T'] }),
    list('exclude-tags', 'no task of the scenario with one of these tags', { alias: ['E'] }),
    text('method', 'HTTP method', { alias: ['X', 'm'], show: 'GET, or POST with a body' }),
    list('header', '"Name: value"; may be repeated', { alias: ['H'] }),
    text('body', 'request body: text, or @FILE', { alias: ['b'] }),
    text('name', 'name of the request in the report', { show: 'method and path' }),
    text('targets', 'FILE: a request a line, [WEIGHT] [METHOD] URL [NAME] or JSON; each iteration sends one'),
    text('data', 'FILE, CSV or JSON: its columns are {{placeholders}} in URL, headers and body'),
    text('data-order', 'which row is next: sequential, unique, shuffle or random', { show: 'sequential' }),
    text('data-end', 'behind the last row: recycle, or stop the load', { show: 'recycle; stop if unique' }),
    text('expect-status', 'statuses that are success: 200, 2xx,404, 200-299', { show: '2xx,3xx' }),
    text(
      'target-metrics',
      'URL of a node_exporter on the server, to see its CPU and memory beside this host',
    ),
  ],
  'Closed load (users loop)': [
    text('users', 'virtual users, over all cores', { alias: ['u', 'vus', 'c', 'concurrency'], show: '1' }),
    text('spawn-rate', 'users started per second', { alias: ['r'], show: 'all in the first second' }),
    text('wait', 'pause of a user: 1s, 0.9s-1.1s, pacing:1s, throughput:2', { show: 'none' }),
  ],
  'Open load (arrivals by the clock)': [
    text('rate', 'iterations due per second, over all cores: 1000/s, 90/m', { alias: ['R'] }),
    text('arrival', 'uniform or poisson', { show: 'uniform' }),
    text('max-users', 'most users there can be', { show: '10k, or what the file limit allows' }),
    text('on-full', 'when all users are busy: queue (latency counts on) or drop', { show: 'queue' }),
  ],
  'Load over time': [
    text('ramp-up', 'span over which users, or the rate, rise from 0: 10s'),
    list('stage', '30s:100 (users) or 30s:100/s (rate): from the value before to this one; repeat', {
      alias: ['s'],
    }),
    text('warmup', 'first whole seconds that are not measured', { show: '0' }),
  ],
  'When to stop': [
    text('duration', 'length of the load, ramps included', { alias: ['d'], show: '10s' }),
    text('requests', 'send exactly so many, in all; lifts the default duration', { alias: ['n'] }),
    text('iterations', 'start exactly so many, in all; lifts the default duration'),
    text('wait-for-target', 'wait so long for the target to accept connections before the load: 30s', {
      show: 'no',
    }),
    text('graceful-stop', 'time for requests in flight to end after the load', { show: '30s' }),
  ],
  'This machine': [
    text('workers', 'worker threads', { alias: ['w'], show: 'one per usable core' }),
    text('seed', 'seed of everything random', { show: '1' }),
    text(
      'transport',
      'undici, wire (plain HTTP/1.1 at less than half the cost), or auto: wire where it can',
      {
        show: 'undici',
      },
    ),
    list('local-address', 'addresses to connect from, users taking them in turn: 127.0.0.1,127.0.0.2'),
  ],
  HTTP: [
    text('timeout', 'longest time for a request, connecting included', { show: '30s' }),
    text('connect-timeout', 'longest time to make a connection', { show: '10s' }),
    flip('http2', 'HTTP/2: negotiated over TLS, by prior knowledge over http'),
    text('max-redirects', 'redirects to follow; each hop is a request', { show: '0' }),
    text('auth', 'user:password of basic authorization'),
    text('proxy', 'URL of an http proxy; user:password@ where it asks for them'),
    text('unix-socket', 'connect to this Unix socket, whatever the host'),
    list('connect-to', 'HOST:PORT:ADDR:PORT: connect to the second pair in place of the first; repeat'),
    text('ca', 'FILE: certificate authorities to trust, in PEM'),
    text('cert', 'FILE: client certificate, in PEM'),
    text('key', 'FILE: its key, in PEM'),
    text('dns-ttl', 'how long a look-up of a host name holds', { show: 'for the run' }),
    flip('insecure', 'accept any TLS certificate', { alias: ['k'] }),
    flip('keepalive', 'keep connections open; --no-keepalive makes a new one for each request', {
      show: 'on',
    }),
  ],
  Judging: [
    list('threshold', 'rule about the target: "p99 < 300ms", "GetPrograms: p95 < 200ms over 10s"; repeat', {
      show: 'failed < 1%',
    }),
    list('baseline', 'compare with FILE, or with the runs kept under NAME; may be repeated'),
    text('save-baseline', 'keep the run under NAME, if it went well; the newest five of a plan stay'),
    list('allow', 'compare all the same with a baseline of another plan,host,version, or a void one'),
    flip('fail', 'exit 97, 98 and 99 for a void run, a regression, a failed threshold; --no-fail exits 0', {
      show: 'on',
    }),
  ],
  Outputs: [
    list(
      'out',
      'KIND=PATH: json, ndjson, csv (a prefix), html, junit, github or hlog; PATH - is standard output; otlp, otlp=URL',
      {
        alias: ['o'],
      },
    ),
    text('metrics', 'PORT: serve metrics for a Prometheus on this host, at 127.0.0.1:PORT/metrics', {
      isOptional: true,
      show: 'no; 9464 without PORT',
    }),
    text('capture-failures', 'keep the first so many failing exchanges of each outcome in the report', {
      show: '0',
    }),
    flip('quiet', 'no live view and no progress lines', { alias: ['q'] }),
    flip('color', 'colours; --no-color for none', { show: 'on a terminal' }),
  ],
  'Several runs': [
    text('repeat', 'make so many runs, one after the other; their files get numbers', { show: '1' }),
    text('against', 'ORIGIN of another target: runs on both in turns, and --url is compared with it', {
      show: 'no',
    }),
  ],
  Plan: [
    text('config', 'FILE: config file; --no-config for none', {
      canBeOff: true,
      show: 'corerush.config.* in this folder',
    }),
    text('profile', 'profile of the config file to use', { show: 'none' }),
    flip('dry-run', 'print the plan for each worker and send nothing'),
    flip('print-config', 'print every option, its value and where it was said, and send nothing'),
  ],
}

export const COMPARE_FLAGS: FlagGroups = {
  Compare: [
    list(
      'threshold',
      'what is held against the baseline: "p95 < baseline + 10%", "rps > baseline - 5%"; repeat',
      {
        show: 'p95 < baseline + 5%',
      },
    ),
    text('margin', 'how much worse p95 may be than the baseline without being a regression', { show: '5%' }),
    text('allow', 'compare all the same: plan,host,version,void'),
    flip('paired', 'the runs were interleaved: the first of one side beside the first of the other'),
    flip('json', 'write the comparison as JSON'),
    list('out', 'html=PATH: one page with both runs, where there is one on each side; - is standard output', {
      alias: ['o'],
    }),
    flip('fail', 'exit 98 for a regression; --no-fail exits 0', { show: 'on' }),
    flip('color', 'colours; --no-color for none', { show: 'on a terminal' }),
  ],
}

const ofRun = (...names: readonly string[]): Flag[] =>
  Object.values(RUN_FLAGS)
    .flat()
    .filter(({ name }) => names.includes(name))

export const DEBUG_FLAGS: FlagGroups = {
  Debug: [
    text('task', 'only this task of the scenario', { show: 'all, one after the other' }),
    ...ofRun('url', 'allow-host', 'tags', 'exclude-tags', 'header', 'expect-status', 'seed', 'config'),
    ...ofRun('profile', 'color'),
  ],
  HTTP: RUN_FLAGS['HTTP']!,
}

export const TARGET_FLAGS: FlagGroups = {
  Target: [
    text('port', 'port to listen on; 0 for any, which is printed', { show: '8080' }),
    text('host', 'address to listen on', { show: '127.0.0.1' }),
    text('latency', '20ms, uniform:5ms,50ms or lognormal:20ms,0.5', { show: '0' }),
    list('status', 'answer with this status, always or for a part: 503:0.05'),
    text('body-bytes', 'size of the answers', { show: '200' }),
    text('seed', 'seed of latencies and statuses', { show: '1' }),
  ],
}

export const DOCTOR_FLAGS: FlagGroups = {
  Doctor: [
    text('span', 'how long each rate is held, in whole seconds', { show: '1s' }),
    flip('json', 'write what was found as JSON'),
    flip('color', 'colours; --no-color for none', { show: 'on a terminal' }),
  ],
}
