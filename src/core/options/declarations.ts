/**
 * Every option of a run, declared once. Flags, environment variables, keys of a config file, the type `Options`, the
 * values in the plan, the help and the tables of docs/FLAGS.md follow from this list.
 */
import { parseWait, printWait, type Wait } from '../load/wait-time.ts'
import { parseTraceUrl } from '../request/traceparent.ts'
import { parseStatuses, printStatuses, type StatusRange } from '../request/status.ts'
import { parseDelimiter } from '../scenario/delimiter.ts'
import { parseReplayFrom, printReplayFrom, type ReplayFrom } from '../log/replay-from.ts'
import { ORDERS } from '../scenario/row-source.ts'
import { parseNumber, parseRatePerS } from '../units.ts'
import type { Declarations, NameOf, PlannedOf, ValueOf } from './declaration.ts'
import {
  checked,
  duration,
  like,
  list,
  number,
  oneOf,
  onOff,
  orAuto,
  parsed,
  text,
  whole,
  withDefault,
  words,
} from './format.ts'
import {
  MOST_CAPTURED,
  MOST_PER_S,
  MOST_READ_BYTES,
  MOST_REDIRECTS,
  MOST_REQUESTS,
  MOST_SPEED,
  MOST_TRACE,
  MOST_USERS,
  MOST_WORKERS,
} from './limits.ts'

const TARGET = {
  scenario: {
    format: text('file'),
    sentence: 'scenario file that says what users do, `.ts` or `.js`',
    usually: 'one request to `url`',
    flag: null,
    file: 'path',
  },
  secrets: {
    format: list('texts', 'readonly string[]'),
    sentence: 'texts that are sent and that every output shows as `***`',
    flag: null,
    secret: 'all',
  },
  url: {
    format: text('http or https URL'),
    sentence: 'URL that requests go to; the base URL of a scenario',
    details:
      'The flag may be left out: `corerush http://127.0.0.1:8080/`. Required, unless a scenario has its own. `user:password@` becomes basic authorization; not together with an `Authorization` header. A path with `.` or `..` is refused: it would be sent as another one',
    isSent: true,
    secret: 'url',
  },
  allowHosts: {
    format: like(list(''), 'HOST', 'HOST:PORT', '*.DOMAIN'),
    sentence: 'hosts that requests may go to, and no others',
    usually: 'any',
    details: '[Redirects and tasks included](CONFIG.md#hosts-that-may-be-hit)',
    flag: 'allow-host',
  },
  scenarios: {
    format: list('NAME, NAME=WEIGHT'),
    sentence: 'run only these scenarios of the file, with their own weight or this one',
    usually: 'all of them',
    details: 'May be repeated, or separated by commas. A weight replaces also a fixed number of users',
    flag: 'scenario',
    variable: 'CORERUSH_SCENARIOS',
    hasCommas: true,
  },
  set: {
    format: list('`NAME=VALUE`', 'Readonly<Record<string, string | number | boolean>> | readonly string[]'),
    sentence: "value of one of the scenario file's own options, NAME=VALUE",
    usually: 'their defaults',
    details: '[Options of a scenario](SCENARIOS.md#options-of-your-own). An unknown name is refused',
    secret: 'fields',
  },
  tags: {
    format: list('tags, separated by commas'),
    sentence: 'run only tasks with one of these tags',
    usually: 'all tasks',
    alias: ['T'],
    hasCommas: true,
  },
  excludeTags: {
    format: list('tags, separated by commas'),
    sentence: 'run no task with one of these tags',
    details: 'Wins over `--tags`',
    alias: ['E'],
    hasCommas: true,
  },
  method: {
    format: text('method'),
    sentence: 'HTTP method',
    usually: 'GET; POST with a body',
    details: 'Any but CONNECT',
    alias: ['X', 'm'],
  },
  headers: {
    format: list('`Name: value`', 'Readonly<Record<string, string>> | readonly string[]'),
    sentence: 'request header, "Name: value"',
    details: 'Headers that frame the message, such as Content-Length, are refused',
    flag: 'header',
    alias: ['H'],
    isSent: true,
    secret: 'header',
  },
  body: {
    format: text('text or `@FILE`', 'string | Uint8Array'),
    sentence: 'request body: text, or @FILE',
    usually: 'none',
    details:
      'The bytes of the file are sent as they are, except for [placeholders](TEMPLATES.md). Must not be empty',
    alias: ['b'],
    file: 'body',
    isSent: true,
    secret: 'fields',
  },
  name: {
    format: text('text'),
    sentence: 'name of the request in the report',
    usually: 'method and path',
  },
  targets: {
    format: text('file'),
    sentence:
      'file of requests, one per line as [WEIGHT] [METHOD] URL [NAME] or as JSON; each iteration sends one',
    details:
      '[Several requests](TEMPLATES.md#several-requests). Paths are added to `--url`; `--name` is for requests without a name',
    file: 'path',
  },
  data: {
    format: text('CSV or JSON file'),
    sentence: 'CSV or JSON file whose columns are {{placeholders}} in URL, headers and body',
    details:
      'See [placeholders](TEMPLATES.md), which also has `{{user}}`, `{{seq}}`, `{{uuid}}`, `{{random 1 100}}`',
    file: 'path',
  },
  dataDelimiter: {
    format: like(
      parsed('one character, or `tab`', 'string', parseDelimiter, (value) =>
        value === '\t' ? 'tab' : value,
      ),
    ),
    sentence: 'character between two cells of a CSV file of data',
    usually: 'as its first lines suggest',
    details:
      'Of comma, semicolon, tab and bar, the one that splits the first lines evenly; a guess other than comma is reported',
  },
  dataOrder: {
    format: oneOf(...ORDERS),
    sentence: 'order in which rows are used, over the whole run',
    usually: 'sequential',
  },
  dataEnd: {
    format: oneOf('recycle', 'stop'),
    sentence: 'after the last row, begin again or end the load',
    usually: 'recycle; stop for unique rows',
  },
  expectStatus: {
    format: like(
      parsed<readonly StatusRange[]>('', 'string | number', parseStatuses, printStatuses),
      '200',
      '2xx,404',
      '200-299',
    ),
    sentence: 'statuses that count as success',
    usually: '2xx,3xx',
    details: 'A redirect that is followed always counts as success',
  },
  targetMetrics: {
    format: text('http or https URL'),
    sentence:
      "URL of a Prometheus node_exporter on the server, to report its CPU and memory beside the generator's",
    details: 'Summary, report and the verdict on the bottleneck use it',
    isSent: true,
    secret: 'url',
  },
} as const satisfies Declarations

const CLOSED = {
  users: {
    format: whole(1, MOST_USERS),
    sentence: 'virtual users, over all cores',
    usually: '1',
    details: 'Each has its own connection, unless `--connections` are shared',
    alias: ['u', 'c', 'vus', 'concurrency'],
  },
  spawnRate: {
    format: number('users per second, above 0', 'Count', parseNumber, (n) =>
      n > 0 ? null : 'must be above 0 users per second',
    ),
    sentence: 'users started per second',
    usually: 'at once; all in the first second with a wait',
    details: 'Not with `--ramp-up`',
    alias: ['r'],
  },
  wait: {
    format: like(
      parsed<Wait>('', 'Duration', parseWait, printWait),
      '1s',
      '0.9s-1.1s',
      'pacing:1s',
      'throughput:2',
    ),
    sentence: 'pause of a user between two iterations',
    usually: 'none',
    details:
      'A range is uniformly random; `pacing:1s` is one iteration per second, `throughput:2` two iterations per second, for each user',
  },
} as const satisfies Declarations

const OPEN = {
  rate: {
    format: like(
      number('above 0', 'Count', parseRatePerS, (perS) =>
        perS > 0 && perS <= MOST_PER_S ? null : `must be above 0 and at most ${MOST_PER_S} per second`,
      ),
      '1000',
      '10k/s',
      '90/m',
    ),
    sentence: 'iterations due per second by the clock, over all cores',
    details: 'Open model: not with `--users`, `--wait`, `--spawn-rate`',
    alias: ['R'],
  },
  arrival: {
    format: oneOf('uniform', 'poisson'),
    sentence: 'spacing of arrivals',
    usually: 'uniform',
    details: 'Poisson arrivals are seeded: the same seed gives the same instants',
  },
  maxUsers: {
    format: whole(1, MOST_USERS),
    sentence: 'most users, over all cores',
    usually: '10k, or what the limit of open files allows',
    details: 'Users are created when arrivals need them, up to this number',
  },
  onFull: {
    format: oneOf('queue', 'drop'),
    sentence: 'when all users are busy, let arrivals wait (latency includes the wait) or drop them',
    usually: 'queue',
    details: 'Dropped arrivals are counted',
  },
} as const satisfies Declarations

const REPLAY = {
  replay: {
    format: text('file'),
    sentence: 'access log whose requests are sent again at the instants of the log',
    details:
      '[Replaying a log](IMPORT.md#replaying-a-log). Open model; paths are added to `--url`. Not with `--users`, `--rate`, `--stage`, `--targets`, scenarios',
    file: 'path',
  },
  speed: {
    format: like(
      number('above 0, at most 10k', 'Count', parseNumber, (n) =>
        n > 0 && n <= MOST_SPEED ? null : `must be above 0 and at most ${MOST_SPEED}`,
      ),
      '0.5',
      '2',
      '20',
    ),
    sentence: 'seconds of the log that are replayed in one second',
    usually: '1',
  },
  replayFrom: {
    format: like(
      parsed<ReplayFrom>('', 'Duration', parseReplayFrom, printReplayFrom),
      '10m',
      '2026-11-30T12:00:00Z',
    ),
    sentence: 'where in the log the replay begins: a time after its first request, or an instant',
    usually: 'its first request',
  },
  replayUnsafe: {
    format: onOff(),
    sentence:
      'send requests with methods such as POST and DELETE too, without bodies, which a log does not have',
    usually: 'off: they are left out, and counted',
  },
} as const satisfies Declarations

const OVER_TIME = {
  rampUp: {
    format: duration('at least 0'),
    sentence: 'time in which the users, or the rate, rise evenly from 0',
    usually: '50ms for users, 1s if they wait; 0 for a rate',
    details: 'Not longer than the load',
  },
  stages: {
    format: like(list(''), '30s:100', '30s:100/s'),
    sentence: 'stage of the load, from the value before to this number of users, or rate',
    details:
      'The first stage starts at 0; `0s:100` jumps. Stages are the whole load: not with `--users`, `--rate`, `--duration`, counts or ramps',
    flag: 'stage',
    alias: ['s'],
    hasCommas: true,
  },
  warmup: {
    format: like(withDefault(orAuto(duration('whole')), 0), '10s', 'auto'),
    sentence: 'first whole seconds of the load, which are not measured',
    usually: '0',
    details:
      'They are marked in the timeline and count in no total. `auto`: [until the level holds](MEASUREMENT.md#warm-up), at most a third of the load',
  },
} as const satisfies Declarations

const END = {
  duration: {
    format: duration('at least 0'),
    sentence: 'length of the load, ramps and warm-up included; 0 until it is stopped',
    usually: '10s; none with a count',
    alias: ['d'],
  },
  requests: {
    format: whole(1, MOST_REQUESTS),
    sentence: 'exact number of requests to send, over all cores',
    usually: 'no limit',
    details: 'With `--duration`, whichever is reached first ends the load',
    alias: ['n'],
    planned: 'requests',
  },
  iterations: {
    format: whole(1, MOST_REQUESTS),
    sentence: 'exact number of iterations to start, over all cores',
    usually: 'no limit',
    details: 'An iteration is one request and its redirects, or one task',
    planned: 'iterations',
  },
  until: {
    format: like(list(''), 'p99 ± 5%', 'rps +- 2%', 'POST login: mean ± 5%'),
    sentence: 'end the load when this figure is measured so precisely; repeatable, all must be reached',
    details:
      'A percentile of the latency, `mean` or `rps`, whose [95 % interval](MEASUREMENT.md#until-it-is-precise) must be within the percentage. At least 60 measured seconds; `--max-duration` ends the load otherwise. Not with `--duration` and stages',
  },
  maxDuration: {
    format: duration('above 0'),
    sentence: 'longest load if `until` is not reached',
    usually: '10m',
    details: 'Warm-up included. Needs `--until`',
  },
  waitForTarget: {
    format: withDefault(duration('above 0'), 0),
    sentence: 'longest wait for the target to accept connections before the load',
    usually: 'no waiting',
    details: 'If the target does not accept in time, the exit code is 2 and nothing was sent',
    planned: 'waitForTargetS',
  },
  setupTimeout: {
    format: withDefault(duration('above 0'), 60),
    sentence: 'longest time for setup of a scenario, and for teardown',
    details: 'If setup takes longer, the exit code is 2 and nothing was sent',
    planned: 'setupTimeoutS',
  },
  gracefulStop: {
    format: withDefault(duration('at least 0'), 30),
    sentence: 'time for requests in flight to finish after the load',
    usually: '30s; 8s after SIGTERM',
    details: 'Then they count as unfinished',
    planned: 'gracefulStopS',
  },
} as const satisfies Declarations

const MACHINE = {
  workers: {
    format: whole(1, MOST_WORKERS),
    sentence: 'worker threads',
    usually: 'one per usable core',
    details: 'At most one per user; affinity and CPU quota limit the usable cores',
    alias: ['w'],
  },
  witness: {
    format: onOff(),
    sentence: 'measure with an idle thread as well, which takes at most 2 % of the load',
    usually: 'on where workers have more to do than it',
    details:
      'A [witness](MEASUREMENT.md#the-witness) carries some of the users or arrivals of the plan, so that the load stays the same. Not with `corerush find`',
  },
  seed: {
    format: withDefault(whole(0, 0xffff_ffff), 1),
    sentence: 'seed of everything random',
    planned: 'seed',
  },
  transport: {
    format: oneOf('undici', 'wire', 'auto'),
    sentence:
      'HTTP implementation; wire is plain HTTP/1.1 at about two thirds of the cost, auto uses it where it can',
    usually: 'undici',
    details: '[Transports](#transports)',
  },
  connections: {
    format: whole(1, MOST_USERS),
    sentence: 'connections that all users share, fewer than users; a request waits for a free one',
    usually: 'one for each user',
    details:
      'To each origin, [shared exactly among the workers](MEASUREMENT.md#shared-connections). The wait is the phase `blocked`: part of the latency, and no lag',
    planned: 'connections',
  },
  streams: {
    format: whole(1, MOST_USERS),
    sentence: 'most requests at once on a shared connection, with --http2 and --connections',
    usually: 'as many as the server allows',
    details: "The server's own limit (SETTINGS_MAX_CONCURRENT_STREAMS) holds besides",
    planned: 'streams',
  },
  localAddress: {
    format: list('addresses, separated by commas'),
    sentence: 'addresses of this host to connect from, users taking turns',
    usually: 'chosen by the system',
    details: 'Each address has about 28,000 ports of its own',
    hasCommas: true,
  },
} as const satisfies Declarations

const HTTP = {
  compressed: {
    format: withDefault(onOff(), false),
    sentence: 'ask for compressed responses: gzip, br and zstd',
    usually: 'off',
    details:
      'They are decoded only where a task [reads them](SCENARIOS.md#compressed-responses); `bytesIn` is what came over the wire',
    planned: 'compressed',
  },
  timeout: {
    format: withDefault(duration('above 0'), 30),
    sentence: 'longest time for a request, connecting included',
    planned: 'timeoutS',
  },
  connectTimeout: {
    format: withDefault(duration('above 0'), 10),
    sentence: 'longest time to connect, name lookup and TLS included',
    planned: 'connectTimeoutS',
  },
  http2: {
    format: withDefault(onOff(), false),
    sentence: 'HTTP/2 only, negotiated over TLS, by prior knowledge over http',
    details:
      'A server that does not speak it fails. One connection per user, and one request at a time on it, unless `--connections` are shared; not with `--proxy` and `--transport`',
    planned: 'http2',
  },
  maxRedirects: {
    format: withDefault(whole(0, MOST_REDIRECTS), 0),
    sentence: 'most redirects to follow for an iteration; each hop is a request',
    details:
      'Followed as browsers do, in a row of their own: `GET login (redirect)`. The first redirect beyond the limit is judged by `--expect-status`',
    planned: 'maxRedirects',
  },
  maxReadBytes: {
    format: withDefault(whole(1, MOST_READ_BYTES), 16_000_000),
    sentence: 'most bytes to keep of a response body that a task reads or checks: 500k, 64M',
    details: 'A longer one fails as `body.too-large`, and its connection is closed',
    planned: 'maxReadBytes',
  },
  auth: {
    format: text('`user:password`'),
    sentence: 'basic authorization, as user:password',
    details: 'Not together with a user in the URL or an `Authorization` header. Either part may be empty',
    isSent: true,
    secret: 'all',
  },
  authDigest: {
    format: text('`user:password`'),
    sentence: 'digest authentication, as user:password',
    details:
      'Answers a server that asks for it (RFC 7616: MD5, SHA-256, SHA-512-256, their sessions, `auth`, `auth-int`). The challenge is a request, with the status 401, and counted (`challenges`); each user keeps its nonce. Not together with `--auth`, a user in the URL or an `Authorization` header',
    isSent: true,
    secret: 'all',
  },
  proxy: {
    format: text('`http://user:password@host:port`'),
    sentence: 'URL of an http proxy',
    usually: 'none',
    details: 'Forwards http, tunnels https (CONNECT). `http_proxy` and similar variables are not read',
    isSent: true,
    secret: 'url',
  },
  proxyDigest: {
    format: withDefault(onOff(), false),
    sentence: 'answer digest challenges of the proxy, with the user and password of its URL',
    details: 'They are not sent before the proxy asks. Of a tunnel, the challenge is a part of connecting',
  },
  unixSocket: {
    format: text('path'),
    sentence: 'Unix socket to connect to, whatever the host of the URL',
    details: '`Host` stays that of the URL',
    file: 'path',
  },
  connectTo: {
    format: list('`HOST:PORT:ADDR:PORT`'),
    sentence: 'connect to the second pair instead of the first, as curl does: HOST:PORT:ADDR:PORT',
    details: 'Each part may be empty. `Host` and the name in TLS stay',
  },
  ca: {
    format: text('file, in PEM', 'string | Uint8Array'),
    sentence: 'certificate authorities to trust, in PEM',
    usually: "the system's",
    file: 'pem',
    secret: 'pem',
  },
  cert: {
    format: text('file, in PEM', 'string | Uint8Array'),
    sentence: 'client certificate, in PEM',
    details: 'Needs `--key`',
    file: 'pem',
    secret: 'pem',
  },
  key: {
    format: text('file, in PEM', 'string | Uint8Array'),
    sentence: 'key of the client certificate, in PEM',
    details: 'Needs `--cert`',
    file: 'pem',
    secret: 'pem',
  },
  dnsTtl: {
    format: duration('at least 0'),
    sentence: 'time for which a name lookup is kept',
    usually: 'the whole run',
    details: 'Each worker looks a name up once; users use its addresses in turn',
    planned: 'dnsTtlS',
  },
  insecure: {
    format: withDefault(onOff(), false),
    sentence: 'accept any TLS certificate',
    details: 'Refused with an http URL, unless redirects are followed',
    alias: ['k'],
    planned: 'insecure',
  },
  keepAlive: {
    format: withDefault(onOff(), true),
    sentence: 'keep connections open; without it, each request has a new connection',
    flag: 'keepalive',
    planned: 'keepAlive',
  },
  retryStale: {
    format: withDefault(onOff(), true),
    sentence: 'send an idempotent request again if the server had closed the reused connection',
    details:
      'Once, on a new connection, and only if no byte of an answer came. [Each retry is counted](MEASUREMENT.md#connections-that-the-server-has-closed)',
    planned: 'retryStale',
  },
} as const satisfies Declarations

const JUDGING = {
  thresholds: {
    format: list('a rule, see [thresholds](#thresholds)'),
    sentence:
      'rule about the target: "p99 < 300ms", "GetPrograms: p95 < 200ms over 10s", "p95 < baseline + 10%"',
    usually: 'failed < 1%; with a scenario also iterations.failed < 1%',
    details: 'An unknown metric or request is refused before anything is sent',
    flag: 'threshold',
  },
  baseline: {
    format: list('`FILE,FILE`, `NAME`, `last-sound`'),
    sentence: 'runs to compare this one with: files of reports, or the name that runs were kept under',
    details: '[Compared](COMPARING.md) after the run. A regression is exit code 98',
    file: 'baseline',
  },
  saveBaseline: {
    format: text('`NAME`'),
    sentence: 'name to keep the run under, if its exit code is 0; the newest five runs of a plan are kept',
    details: 'For [later comparisons](COMPARING.md)',
    scope: 'command',
  },
  keep: {
    format: onOff(),
    sentence: 'keep a record of the run in .corerush/history, for corerush history',
    details:
      'And the reports of the newest three sound runs of the plan, for `--baseline last-sound`. [The history](COMPARING.md#the-history-of-a-plan)',
    scope: 'command',
  },
  allow: {
    format: words('plan', 'host', 'version', 'void'),
    sentence: 'ways in which the baseline may differ and still be compared',
  },
  fail: {
    format: onOff(),
    sentence: 'exit with 97, 98 or 99 for a void run, a regression or a failed threshold; without it, with 0',
    usually: 'on',
    details: 'The report is the same either way',
    scope: 'command',
  },
} as const satisfies Declarations

const OUTPUTS = {
  outputs: {
    format: list('`KIND=PATH`, or `otlp`, see [outputs](OUTPUTS.md)'),
    sentence:
      'KIND=PATH, with json, ndjson, csv (a prefix), html, junit, github, hlog or requests; PATH - is standard output; otlp or otlp=URL',
    details: 'With `-`, for one of them only, the summary goes to stderr',
    flag: 'out',
    alias: ['o'],
    scope: 'command',
    secret: 'output',
  },
  metrics: {
    format: text('port, or nothing', 'Count'),
    sentence: 'serve metrics for a Prometheus on this host, at 127.0.0.1:PORT/metrics',
    usually: 'no; port 9464 without a value',
    details: 'Port 0 takes any. See [TELEMETRY.md](TELEMETRY.md)',
    isOptional: true,
    scope: 'command',
  },
  metricsHost: {
    format: like(text('address of this host'), '0.0.0.0'),
    sentence: 'address to serve the metrics on',
    usually: '127.0.0.1',
    details: 'Beyond loopback a [token](WEB.md#beyond-this-host) is needed',
    scope: 'command',
  },
  metricsToken: {
    format: text('16 to 256 letters, digits, `-`, `.`, `_`, `~`'),
    sentence: 'token that a reader of the metrics must send, as Authorization: Bearer',
    usually: 'none on loopback; beyond, a random one that is printed',
    details: 'Better as `CORERUSH_METRICS_TOKEN`: other users of a host see flags',
    scope: 'command',
    secret: 'all',
  },
  web: {
    format: text('port, or nothing', 'Count'),
    sentence: 'serve a live page of the run at 127.0.0.1:PORT; without a load, a form that starts runs',
    usually: 'no; port 8089 without a value',
    details: 'Port 0 takes any. See [WEB.md](WEB.md)',
    isOptional: true,
    scope: 'command',
  },
  webHost: {
    format: like(text('address of this host'), '0.0.0.0'),
    sentence: 'address to serve the live page on',
    usually: '127.0.0.1',
    details: '[Beyond this host](WEB.md#beyond-this-host)',
    scope: 'command',
  },
  webToken: {
    format: text('16 to 256 letters, digits, `-`, `.`, `_`, `~`'),
    sentence: 'token that opens the live page',
    usually: 'a random one that is printed',
    details: 'Better as `CORERUSH_WEB_TOKEN`: other users of a host see flags',
    scope: 'command',
    secret: 'all',
  },
  webAllowHosts: {
    format: like(list(''), 'HOST', 'HOST:PORT', '*.DOMAIN'),
    sentence: 'further names under which the live page and the metrics may be opened',
    usually: 'addresses, localhost and the name of this host',
    details: 'For example of a proxy before it',
    flag: 'web-allow-host',
    scope: 'command',
    hasCommas: true,
  },
  webCert: {
    format: text('file, in PEM'),
    sentence: 'certificate to serve the live page and the metrics by https, in PEM',
    details: 'Needs `--web-key`',
    scope: 'command',
    file: 'pem',
    secret: 'pem',
  },
  webKey: {
    format: text('file, in PEM'),
    sentence: 'key of the certificate of the live page, in PEM',
    details: 'Needs `--web-cert`',
    scope: 'command',
    file: 'pem',
    secret: 'pem',
  },
  captureFailures: {
    format: withDefault(whole(0, MOST_CAPTURED), 0),
    sentence: 'number of failing exchanges to keep in the report, for each outcome',
    details:
      'The [first ones, request and response](OUTPUTS.md#failing-exchanges); needs `--out json` or `ndjson`',
    planned: 'captureFailures',
  },
  captureSlowest: {
    format: withDefault(whole(0, MOST_CAPTURED), 0),
    sentence: 'number of slowest requests to keep in the report, for each name',
    details: 'With their phases and traces: [the slowest requests](OUTPUTS.md#the-slowest-requests)',
    planned: 'captureSlowest',
  },
  sampleRequests: {
    format: whole(1, MOST_TRACE),
    sentence: 'record one request in N with --out requests=FILE, chosen by the seed',
    usually: 'each request',
    details: 'See [a record per request](OUTPUTS.md#a-record-per-request)',
    planned: 'sampleRequests',
  },
  trace: {
    format: number(
      'N, or nothing',
      'Count',
      // The flag without a value.
      (raw) => (raw === '' ? { value: 1 } : parseNumber(raw)),
      (n) =>
        Number.isInteger(n) && n >= 1 && n <= MOST_TRACE
          ? null
          : `must be a whole number from 1 to ${MOST_TRACE}`,
    ),
    sentence: 'send a W3C traceparent header with one request in N, for tracing systems',
    usually: 'no; with each request without a value',
    details:
      'Requests without it are left to the sampling of the server. [Traces](TELEMETRY.md#traces): spans go to `--out otlp`, identifiers to the requests that the report keeps',
    isOptional: true,
    planned: 'trace',
  },
  traceUrl: {
    format: checked('http or https URL with `{traceId}`', parseTraceUrl),
    sentence: 'link to a trace in reports, with {traceId} in the place of its identifier',
    details: 'Needs `--trace`',
    planned: 'traceUrl',
  },
  quiet: {
    format: onOff(),
    sentence: 'no live view and no progress lines; warnings and the summary stay',
    alias: ['q'],
    scope: 'command',
  },
  color: {
    format: onOff(),
    sentence: 'colours',
    usually: 'on a terminal',
    details: 'Wins over `NO_COLOR`, which wins over `FORCE_COLOR`',
    scope: 'command',
  },
} as const satisfies Declarations

const SEVERAL_RUNS = {
  repeat: {
    format: text('1 to 10', 'Count'),
    sentence: 'number of runs, one after the other; the names of their files get numbers',
    usually: '1',
    details: 'See [COMPARING.md](COMPARING.md)',
    scope: 'command',
  },
  against: {
    format: text('`http://host:port`'),
    sentence: 'origin of another target: run on both in turn and compare the URL with it',
    details: 'Not with `--baseline`',
    scope: 'command',
    secret: 'url',
  },
} as const satisfies Declarations

/** How a command reaches the NATS server between several hosts. */
export const NATS = {
  nats: {
    format: text('URL, or several joined by commas'),
    sentence:
      'NATS server between the hosts: nats://host:4222, tls://host:4222, each with TOKEN@ or USER:PASSWORD@',
    details: 'See [HOSTS.md](HOSTS.md)',
    scope: 'command',
    secret: 'url',
  },
  natsCreds: {
    format: text('file'),
    sentence: 'file with the JWT and seed to log in with, as nsc writes it',
    scope: 'command',
    file: 'path',
  },
  natsNkey: {
    format: text('file'),
    sentence: 'file with the seed of the NKey to log in with',
    scope: 'command',
    file: 'path',
  },
  natsCa: {
    format: text('file, in PEM'),
    sentence: 'authorities that the certificate of the NATS server is checked with; demands TLS',
    usually: "the platform's, with tls://",
    scope: 'command',
    file: 'path',
  },
  realm: {
    format: text('small letters, digits, dashes'),
    sentence: 'name that agents and coordinators have in common on one NATS server',
    usually: 'default',
    scope: 'command',
  },
} as const satisfies Declarations

const HOSTS = {
  agents: {
    format: text('number, `all`, or names joined by commas'),
    sentence: 'run on agents on other hosts: a number of them, all that are free, or these',
    usually: 'on this machine',
    details:
      'Started with `corerush agent`. Without `--nats`, the run starts the `nats-server` of this machine and ends it. See [HOSTS.md](HOSTS.md)',
    scope: 'command',
  },
  where: {
    format: like(list(''), 'zone=a'),
    sentence: 'only agents with this label',
    scope: 'command',
  },
  ...NATS,
  natsPlain: {
    format: onOff(),
    sentence: 'send secrets of the plan to agents over a connection that is not encrypted',
    usually: 'off',
    scope: 'command',
  },
  waitForAgents: {
    format: duration('at least 0'),
    sentence: 'longest time to wait for agents that are not there, or not free',
    usually: '10s; 5m if the run starts the NATS server',
    scope: 'command',
  },
  lease: {
    format: withDefault(duration('above 0'), 10),
    sentence: 'time without a word of this process after which agents end their load, 3s to 60s',
    scope: 'command',
  },
  onLostAgent: {
    format: withDefault(oneOf('go-on', 'stop'), 'go-on'),
    sentence: 'what to do with the load when an agent is lost; the run is void either way',
    scope: 'command',
  },
} as const satisfies Declarations

const PLAN = {
  config: {
    format: text('file'),
    sentence: 'config file; --no-config for none',
    usually: 'corerush.config.* in this folder',
    details: '[Config files](CONFIG.md): `corerush.config.ts`, `.js`, `.mjs`, `.json`, `.yaml` or `.yml`',
    canBeOff: true,
    scope: 'call',
  },
  profile: {
    format: text('name'),
    sentence: 'profile of the config file, which overrides the rest of it',
    usually: 'none',
    scope: 'call',
  },
  dryRun: {
    format: onOff(),
    sentence: "print the plan and each worker's part of it, and send nothing",
    scope: 'call',
  },
  printConfig: {
    format: onOff(),
    sentence: 'print every option, its value and where it was set, and send nothing',
    scope: 'call',
  },
} as const satisfies Declarations

/** The options of a run by the headings of the help. */
export const GROUPS = {
  Target: TARGET,
  'Closed load (users loop)': CLOSED,
  'Open load (arrivals by the clock)': OPEN,
  'Replay (open load of a log)': REPLAY,
  'Load over time': OVER_TIME,
  'When to stop': END,
  'This machine': MACHINE,
  HTTP,
  Judging: JUDGING,
  Outputs: OUTPUTS,
  'Several runs': SEVERAL_RUNS,
  'Several hosts': HOSTS,
  Plan: PLAN,
} as const satisfies Readonly<Record<string, Declarations>>

export const DECLARATIONS = {
  ...TARGET,
  ...CLOSED,
  ...OPEN,
  ...REPLAY,
  ...OVER_TIME,
  ...END,
  ...MACHINE,
  ...HTTP,
  ...JUDGING,
  ...OUTPUTS,
  ...SEVERAL_RUNS,
  ...HOSTS,
  ...PLAN,
} as const satisfies Declarations

type Declared = typeof DECLARATIONS

/** The name of an option of a run. */
export type OptionName = keyof Declared

/** The options that the library knows. */
export type LibraryOption = {
  [N in OptionName]: Declared[N] extends { readonly scope: string } ? never : N
}[OptionName]

/** The options whose value can be read without looking at any other. */
export type ReadOption = { [N in OptionName]: ValueOf<Declared[N]> extends never ? never : N }[OptionName]

/** The value of an option once it is read. */
export type OptionValue<N extends ReadOption> = ValueOf<Declared[N]>

export type TextOption = NameOf<Declared, 'text'>
export type ListOption = NameOf<Declared, 'list'>
export type SwitchOption = NameOf<Declared, 'switch'>

/** What the plan holds of the options as it is read. */
export type Planned = PlannedOf<Declared>

/** The names of the options that the library knows. */
export const LIBRARY_OPTIONS = (Object.keys(DECLARATIONS) as OptionName[]).filter(
  (name): name is LibraryOption => !('scope' in DECLARATIONS[name]),
)
