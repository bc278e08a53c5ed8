import { describe, expect, test } from 'vitest'
import { PLANNED_DEFAULTS } from '../../../src/core/options/option-readers.ts'
import { PLAIN_HTTP } from '../../../src/core/resolve/request/http-options.ts'
import type { HostDefaults } from '../../../src/core/options/limits.ts'
import type { Options } from '../../../src/core/options/options.ts'
import type { Problem } from '../../../src/core/options/problem.ts'
import { resolveOptions, type ResolvedOptions } from '../../../src/core/resolve/resolve.ts'

const URL_ = 'http://target.test/GetPrograms'
const HOST: HostDefaults = { cores: 4, descriptors: 20_000 }

function resolved(options: Options, host = HOST): ResolvedOptions {
  const result = resolveOptions({ url: URL_, ...options }, host)
  if ('problems' in result) throw new Error(result.problems.map(({ message }) => message).join('\n'))
  return result.resolved
}
function problems(options: object): readonly Problem[] {
  const result = resolveOptions(options, HOST)
  return 'problems' in result ? result.problems : []
}
/** The problems as sentences, for options that are otherwise good. */
const sentences = (options: object): string[] =>
  problems({ url: URL_, ...options }).map(({ option, message }) => `${option} ${message}`)

describe('a URL is enough', () => {
  test('the defaults', () => {
    expect(resolved({})).toEqual({
      url: URL_,
      method: 'GET',
      headers: [],
      body: null,
      digest: null,
      targets: null,
      isTemplated: false,
      data: null,
      name: 'GET /GetPrograms',
      expectStatus: [
        { from: 200, to: 299 },
        { from: 300, to: 399 },
      ],
      load: { model: 'closed', users: 1, rampUpS: 0.05, stages: null, wait: { kind: 'none' } },
      durationS: 10,
      sigtermStopS: 8,
      workers: 1,
      precision: { warmupS: 0, warmupAuto: false, until: [] },
      witness: true,
      transport: 'undici',
      undiciFor: null,
      http: PLAIN_HTTP,
      planned: PLANNED_DEFAULTS,
      thresholds: [],
      baseline: null,
      scenario: null,
      targetMetrics: null,
      secrets: [],
    } satisfies ResolvedOptions)
    expect(PLANNED_DEFAULTS).toMatchObject({
      ...{ requests: null, iterations: null, gracefulStopS: 30, waitForTargetS: 0, seed: 1 },
      ...{ timeoutS: 30, connectTimeoutS: 10, insecure: false, keepAlive: true, http2: false },
      ...{ maxRedirects: 0, dnsTtlS: null, captureFailures: 0, maxReadBytes: 16_000_000 },
    })
  })

  test('one worker for each core, but none without a user', () => {
    expect(resolved({ users: 550 }).workers).toBe(4)
    expect(resolved({ users: 3 }).workers).toBe(3)
    expect(resolved({ users: 3, workers: 8 }).workers).toBe(8)
  })

  test('requests lift the default duration, and only that', () => {
    expect(resolved({ requests: '10k' })).toMatchObject({ planned: { requests: 10_000 }, durationS: null })
    expect(resolved({ requests: 10, duration: '5s' })).toMatchObject({
      planned: { requests: 10 },
      durationS: 5,
    })
  })

  test('users start at once, or over the first second if they wait', () => {
    expect(resolved({ users: 10 }).load.rampUpS).toBe(0.05)
    expect(resolved({ users: 10, wait: 0 }).load.rampUpS).toBe(0.05)
    expect(resolved({ users: 10, wait: '1s' }).load.rampUpS).toBe(1)
    expect(resolved({ users: 10, wait: 'pacing:1s', duration: '0.4s' }).load.rampUpS).toBe(0.4)
    expect(resolved({ users: 10, duration: '20ms' }).load.rampUpS).toBe(0.02)
    expect(resolved({ users: 10, rampUp: '3s' }).load.rampUpS).toBe(3)
  })

  test('a count is not used up by the users that start first', () => {
    expect(resolved({ users: 10, requests: '1M' }).load.rampUpS).toBe(0.05)
    for (const counted of [{ requests: 103 }, { iterations: 103 }]) {
      const { rampUpS } = resolved({ users: 10, ...counted }).load
      expect(rampUpS).toBeGreaterThan(0)
      // Users that start evenly and never wait send half of users × time.
      expect((10 * rampUpS * 40_000) / 2).toBeLessThan(103)
    }
    expect(resolved({ users: 10, requests: 103, wait: '1s' }).load.rampUpS).toBe(1)
  })

  test('a spawn rate is a ramp said the other way round', () => {
    expect(resolved({ users: 100, spawnRate: 10 }).load.rampUpS).toBe(10)
    expect(resolved({ users: 100, rampUp: '2s' }).load.rampUpS).toBe(2)
    expect(resolved({ rampUp: 0 }).load.rampUpS).toBe(0)
  })

  test('what is undefined was not said', () => {
    expect(resolved({ users: undefined, method: undefined })).toEqual(resolved({}))
    expect(sentences({ unheardOf: undefined })).toEqual([])
  })
})

describe('the request', () => {
  test('GET, POST when there is a body, or what the user says', () => {
    expect(resolved({}).method).toBe('GET')
    expect(resolved({ body: 'x' }).method).toBe('POST')
    expect(resolved({ body: '' }).method).toBe('POST')
    expect(resolved({ body: 'x', method: 'put' }).method).toBe('PUT')
  })

  test('a number for a word is that word', () => {
    expect(resolved({ name: 7 as unknown as string }).name).toBe('7')
    expect(sentences({ method: 5 })).toEqual([])
  })

  test('its name is method and path, without the query, or what the user says', () => {
    expect(resolved({ url: 'http://target.test/a/b?q=1#f', method: 'DELETE' }).name).toBe('DELETE /a/b')
    expect(resolved({ name: ' home ' }).name).toBe('home')
  })

  test('headers come as lines or as an object', () => {
    expect(resolved({ headers: ['Accept: text/xml', 'x-time:12:30', 'x-empty:'] }).headers).toEqual([
      ['Accept', 'text/xml'],
      ['x-time', '12:30'],
      ['x-empty', ''],
    ])
    expect(resolved({ headers: { Accept: 'text/xml' } }).headers).toEqual([['Accept', 'text/xml']])
    // These have no fields of their own.
    for (const headers of [new Headers({ accept: 'text/xml' }), new Map([['accept', 'text/xml']])])
      expect(resolved({ headers: headers as never }).headers).toEqual([['accept', 'text/xml']])
  })

  test('user and password in the URL are the basic authorization that they stand for', () => {
    const { url, headers } = resolved({ url: 'http://us%40er:p%C3%A4ss@target.test/a' })
    expect(url).toBe('http://target.test/a')
    expect(headers).toEqual([
      ['authorization', `Basic ${Buffer.from('us@er:päss', 'utf8').toString('base64')}`],
    ])
  })

  test('a password does without a user', () => {
    const { url, headers } = resolved({ url: 'http://:t%3Aoken@target.test/' })
    expect(url).toBe('http://target.test/')
    expect(headers).toEqual([['authorization', `Basic ${Buffer.from(':t:oken').toString('base64')}`]])
    expect(resolved({ auth: ':t:oken' }).headers).toEqual(headers)
  })

  test('the part after # is never sent', () => {
    expect(resolved({ url: 'http://target.test/a?b=1#c' }).url).toBe('http://target.test/a?b=1')
  })

  test('statuses that count as success', () => {
    expect(resolved({ expectStatus: '200,404' }).expectStatus).toEqual([
      { from: 200, to: 200 },
      { from: 404, to: 404 },
    ])
    expect(resolved({ expectStatus: 204 }).expectStatus).toEqual([{ from: 204, to: 204 }])
  })
})

describe('each bad value gives a sentence with the option, the rule and the value', () => {
  test.each<[object, string]>([
    [{ users: 0 }, 'users must be a whole number from 1 to 1000000, got 0'],
    [{ users: -1 }, 'users must be a whole number from 1 to 1000000, got -1'],
    [{ users: 'abc' }, 'users must be a number such as 550, 10k or 2M, got "abc"'],
    [{ users: 1.5 }, 'users must be a whole number from 1 to 1000000, got 1.5'],
    [{ users: '2M' }, 'users must be a whole number from 1 to 1000000, got "2M"'],
    [{ users: '' }, 'users must be a number such as 550, 10k or 2M, got nothing'],
    [{ users: NaN }, 'users must be a finite number, got NaN'],
    [{ spawnRate: 0 }, 'spawnRate must be above 0 users per second, got 0'],
    [{ spawnRate: '-3' }, 'spawnRate must be above 0 users per second, got "-3"'],
    [
      { duration: '-1s' },
      'duration must be a duration such as 500ms, 30s, 2m or 1h30m (a bare number is seconds), got "-1s"',
    ],
    [
      { duration: '5 parsecs' },
      'duration must be a duration such as 500ms, 30s, 2m or 1h30m (a bare number is seconds), got "5 parsecs"',
    ],
    [{ duration: '31d' }, 'duration must be at most 30d, got "31d"'],
    [{ requests: 0 }, 'requests must be a whole number from 1 to 2000000000, got 0'],
    [{ requests: '3G' }, 'requests must be a whole number from 1 to 2000000000, got "3G"'],
    [{ timeout: 0 }, 'timeout must be longer than 0, got 0'],
    [{ connectTimeout: '0s' }, 'connectTimeout must be longer than 0, got "0s"'],
    [{ workers: 0 }, 'workers must be a whole number from 1 to 1024, got 0'],
    [{ seed: -1 }, 'seed must be a whole number from 0 to 4294967295, got -1'],
    [
      { wait: 'soon' },
      'wait must be a wait such as none, 1s, 0.9s-1.1s, pacing:1s or throughput:2, got "soon"',
    ],
    [
      { expectStatus: 'ok' },
      'expectStatus must list statuses such as 200, 2xx or 200-299, separated by commas, got "ok"',
    ],
    [{ method: 'GET /' }, 'method must be an HTTP method, got "GET /"'],
    [{ method: 'connect' }, 'method must not be CONNECT, which makes tunnels and no requests, got "connect"'],
    [{ name: ' ' }, 'name must not be empty, got " "'],
    [{ wait: '31d' }, 'wait must be a wait of at most 30d, got "31d"'],
    [{ wait: 'throughput:0.0000001' }, 'wait must be a wait of at most 30d, got "throughput:0.0000001"'],
    [
      { users: '1M', spawnRate: 0.001 },
      'spawnRate must be high enough to start 1000000 users within 30d, got 0.001',
    ],
    // A config file or a program without types may hand over anything.
    [{ users: true }, 'users must be text or a number, got true'],
    [{ duration: null }, 'duration must be text or a number, got null'],
    [{ wait: [1] }, 'wait must be text or a number, got 1'],
    [
      { keepAlive: false, retryStale: true },
      'retryStale is about reused connections, and without keepAlive none is reused',
    ],
    [{ keepAlive: 'yes' }, 'keepAlive must be true or false, got "yes"'],
  ])('%j', (options, sentence) => expect(sentences(options)).toEqual([sentence]))

  test('a duration of 0 is a load that goes on until it is stopped, with the usual ramp', () => {
    expect(resolved({ users: 5, wait: '1s', duration: 0 })).toMatchObject({
      durationS: null,
      load: { rampUpS: 1 },
    })
    expect(sentences({ duration: 0, warmup: 'auto' })).toEqual([
      'warmup must be a duration where the load has no set length: auto is at most a third of it',
    ])
    expect(sentences({ duration: 0, stages: '5s:1' })).toEqual([
      'duration does not go with stages, which set the length of the load, got 0',
    ])
  })

  test('no time for requests in flight is a choice', () => expect(sentences({ gracefulStop: 0 })).toEqual([]))

  test.each<[string[] | Record<string, string>, string]>([
    [['Accept'], 'headers must be lines such as "Name: value", and number 1 is none'],
    [[': x'], 'headers must be lines such as "Name: value", and number 1 is none'],
    [['a b: x'], 'headers must be lines such as "Name: value", and number 1 is none'],
    [['a: x', 'b'], 'headers must be lines such as "Name: value", and number 2 is none'],
    [{ 'x-a': 5 as never }, 'headers must be lines such as "Name: value", and number 1 is none'],
    [[5 as never], 'headers must be lines such as "Name: value", and number 1 is none'],
    ['x: y' as never, 'headers must be an object or lines such as "Name: value", got string'],
    [null as never, 'headers must be an object or lines such as "Name: value", got null'],
    [
      { 'x-a': 'b\r\nx-c: d' },
      'headers must have values of printable Latin-1 characters, and that of x-a is none',
    ],
    [
      ['x-price: 5 €'],
      'headers must have values of printable Latin-1 characters, and that of x-price is none',
    ],
    [['Host: a', 'x: y', 'HOST: a'], 'headers must not set host twice: a request goes to one host'],
    [{ host: 'a', Host: 'b' }, 'headers must not set host twice: a request goes to one host'],
    [
      ['Content-Length: 5'],
      'headers must not set content-length: corerush writes it itself; it follows from the body',
    ],
    [
      ['Transfer-Encoding: chunked'],
      'headers must not set transfer-encoding: corerush writes it itself; a body is sent with its length',
    ],
    [
      ['Connection: close'],
      'headers must not set connection: corerush writes it itself; --no-keepalive closes the connection after each request',
    ],
  ])('headers %j', (headers, sentence) => expect(sentences({ headers })).toEqual([sentence]))

  test.each<[string | undefined, string]>([
    [undefined, 'url is required'],
    ['', 'url is required'],
    [
      'target.test/a',
      'url must be an absolute http or https URL, got "target.test/a"; did you mean http://target.test/a?',
    ],
    [
      'localhost:8080',
      'url must be an absolute http or https URL, got "localhost:8080"; did you mean http://localhost:8080?',
    ],
    [
      'http://target.test/a/../b?x=/../',
      'url must have no . or .. in its path, which would be sent as /b: write that',
    ],
    [
      'http://target.test/a/%2E%2e',
      'url must have no . or .. in its path, which would be sent as /: write that',
    ],
    ['http://', 'url must be an absolute http or https URL, got "http://"'],
    ['ftp://target.test/', 'url must be an absolute http or https URL, got "ftp://target.test/"'],
    ['/GetPrograms', 'url must be an absolute http or https URL, got "/GetPrograms"'],
    ['http://a b/', 'url must be an absolute http or https URL, got "http://a b/"'],
    ['http://u%ZZ:p@target.test/', 'url must have a user and password that are percent-encoded properly'],
  ])('url %j', (url, sentence) => expect(sentences({ url })).toEqual([sentence]))

  test.each<[string, string]>([
    ['user', 'user is not an option; did you mean users?'],
    ['durations', 'durations is not an option; did you mean duration?'],
    ['keepalive', 'keepalive is not an option; did you mean keepAlive?'],
    ['banana', 'banana is not an option'],
  ])('the unknown word %s', (word, sentence) => expect(sentences({ [word]: 1 })).toEqual([sentence]))
})

describe('a combination that makes no sense is refused', () => {
  test('two ways to say when users start', () => {
    expect(sentences({ spawnRate: 5, rampUp: '10s' })).toEqual([
      'rampUp sets when users start, and so does spawnRate: give one of them',
    ])
  })

  test('insecure without TLS', () => {
    expect(sentences({ insecure: true })).toEqual([
      'insecure is about TLS certificates, but the URL is plain http',
    ])
    expect(sentences({ url: 'https://target.test/', insecure: true })).toEqual([])
    expect(sentences({ insecure: false })).toEqual([])
  })
})

describe('a precision that ends the load', () => {
  test('has a longest duration', () => {
    const { durationS, precision } = resolved({
      until: ['p99 ± 5%', 'GET /GetPrograms: rps +- 2%'],
      warmup: 'auto',
    })
    expect(durationS).toBe(600)
    expect(precision).toMatchObject({
      ...{ warmupS: 0, warmupAuto: true },
      until: [{ name: null, metric: 'p99', margin: 0.05 }, { name: 'GET /GetPrograms' }],
    })
    expect(resolved({ until: 'p99 ± 5%', maxDuration: '2m', requests: 10 }).durationS).toBe(120)
  })

  test.each<[Options, string]>([
    [{ until: 'p99' }, 'until must be a precision'],
    [{ until: 'GET /nowhere: p99 ± 5%' }, 'until must name a request of the plan'],
    [{ until: ['p99 ± 5%', 'p99 ± 2%'] }, 'until must be given once for each figure'],
    [{ until: 'p99 ± 5%', duration: '5m' }, 'duration does not go with until'],
    [{ until: 'p99 ± 5%', stages: '5m:10' }, 'until does not go with stages'],
    [{ until: 'p99 ± 5%', rampUp: '5s', users: 5 }, 'until is about a constant load'],
    [{ until: 'p99 ± 5%', maxDuration: '30s' }, 'maxDuration must leave at least 60 s'],
    [{ maxDuration: '30s' }, 'maxDuration is the longest load of until'],
    [{ warmup: 'auto', requests: 10 }, 'warmup must be a duration'],
    [{ warmup: 'later' }, 'warmup '],
  ])('%j', (options, sentence) => expect(sentences(options).join()).toContain(sentence))
})

describe('an arrival rate', () => {
  test('is the open model, with its defaults', () => {
    expect(resolved({ rate: '10k/s' })).toMatchObject({
      load: {
        model: 'open',
        ratePerS: 10_000,
        rampUpS: 0,
        stages: null,
        arrival: 'uniform',
        maxUsers: 10_000,
        onFull: 'queue',
      },
      durationS: 10,
      workers: 4,
    })
  })

  test('of less than one a second is one too', () => {
    expect(resolved({ rate: '90/m' }).load).toMatchObject({ ratePerS: 1.5 })
    expect(resolved({ rate: 0.1 }).load).toMatchObject({ ratePerS: 0.1 })
  })

  test('where the load is raised later, workers and connections are those of its largest', () => {
    expect(resolved({ users: 1 }, HOST).workers).toBe(1)
    expect(resolved({ users: 1 }, { ...HOST, laterUsers: 3 }).workers).toBe(3)
    const shared = resolved({ users: 1, connections: 2 }, { ...HOST, laterUsers: 3 })
    expect(shared).toMatchObject({ workers: 2, planned: { connections: 2 } })
    expect(resolved({ users: 1 }, { ...HOST, laterUsers: 100 }).workers).toBe(4)
  })

  test('has at most as many users as the host has files for', () => {
    expect(resolved({ rate: 5 }, { cores: 4, descriptors: 800 }).load).toMatchObject({ maxUsers: 800 })
    expect(resolved({ rate: 5, maxUsers: '20k' }).load).toMatchObject({ maxUsers: 20_000 })
  })

  test('has no worker without a user', () => {
    expect(resolved({ rate: 5, maxUsers: 3 }).workers).toBe(3)
    expect(resolved({ users: 9, connections: 2 }).workers).toBe(2)
  })

  test('may rise from 0, be random, and drop what finds no user', () => {
    const words = { rate: 5, rampUp: '10s', arrival: 'poisson', onFull: 'drop' } as const
    expect(resolved(words).load).toMatchObject({ rampUpS: 10, arrival: 'poisson', onFull: 'drop' })
  })

  test('may end with a count', () => {
    expect(resolved({ rate: 5, requests: 7 })).toMatchObject({ planned: { requests: 7 }, durationS: null })
    expect(resolved({ rate: 5, iterations: '1k', duration: '5s' })).toMatchObject({
      planned: { iterations: 1000 },
      durationS: 5,
    })
  })
})

describe('stages', () => {
  test('say how long the load is, in which model, and how many workers have something to do', () => {
    expect(resolved({ stages: ['30s:100', '1m:100', '10s:0'] })).toMatchObject({
      load: { model: 'closed', stages: [{ to: 100 }, { to: 100 }, { to: 0 }] },
      durationS: 100,
      workers: 4,
    })
    expect(resolved({ stages: '10s:3' }).workers).toBe(3)
    expect(resolved({ stages: ['0s:50/s', '2s:50/s'] })).toMatchObject({
      load: { model: 'open', stages: [{ unit: 'perS', to: 50, durationS: 0 }, { durationS: 2 }] },
      durationS: 2,
    })
  })

  test('may be one text, separated by commas', () => {
    expect(resolved({ stages: '30s:100,10s:0' })).toEqual(resolved({ stages: ['30s:100', '10s:0'] }))
  })

  test('of users go with a wait, those of arrivals with what is about arrivals', () => {
    expect(resolved({ stages: '10s:3', wait: '1s' }).load).toMatchObject({
      wait: { kind: 'constant', seconds: 1 },
    })
    const words = { stages: '10s:3/s', arrival: 'poisson', maxUsers: 7, onFull: 'drop' } as const
    expect(resolved(words).load).toMatchObject({ arrival: 'poisson', maxUsers: 7, onFull: 'drop' })
  })
})

describe('a load that makes no sense is refused with the rule and the value', () => {
  const RATE = 'rate must be above 0 and at most 10000000 per second'
  const RATE_FORM = 'rate must be a rate such as 1000/s, 10k/s or 90/m'
  const NO_RATE = 'is about arrivals: it needs a rate'
  const NOT_WITH_STAGES =
    'does not go with stages, which are the whole load (begin with a stage of 0s to start from a value)'
  const NOR_THIS = 'does not go with stages, which set the length of the load'
  const NO_WAIT = 'wait does not go with an arrival rate: the clock decides when iterations are due'
  const NO_LOAD = 'stages must have a stage that is longer than 0 and loads the target'
  const STAGE = 'stages must be stages such as 30s:100 (users) or 30s:100/s (arrivals)'
  const LIST = 'stages must be text such as 30s:100, or a list of such texts'
  const staged = { stages: ['10s:5'] }

  test.each<[object, string]>([
    [{ rate: 0 }, `${RATE}, got 0`],
    [{ rate: '-5/s' }, `${RATE}, got "-5/s"`],
    [{ rate: '20M' }, `${RATE}, got "20M"`],
    [{ rate: 'fast' }, `${RATE_FORM}, got "fast"`],
    [{ rate: '10/w' }, `${RATE_FORM}, got "10/w"`],
    [{ rate: '' }, `${RATE_FORM}, got nothing`],
    [
      { users: 5, rate: 10 },
      'users does not go with rate: users loop as fast as the target lets them, arrivals come by the clock; got 5',
    ],
    [{ rate: 10, wait: '1s' }, `${NO_WAIT}, got "1s"`],
    [{ stages: ['10s:5/s'], wait: '1s' }, `${NO_WAIT}, got "1s"`],
    [
      { rate: 10, spawnRate: 5 },
      'spawnRate starts users, but with an arrival rate they start when they are needed, got 5',
    ],
    [{ rate: 5, rampUp: '20s' }, 'rampUp must reach the rate within the load of 10 s, got "20s"'],
    [
      { users: 5, rampUp: '20s' },
      'rampUp must start all users within the load of 10 s; this would take 20 s',
    ],
    [
      { users: 100, spawnRate: 5 },
      'spawnRate must start all users within the load of 10 s; this would take 20 s',
    ],
    [{ onFull: 'drop' }, `onFull ${NO_RATE}, got "drop"`],
    [{ arrival: 'poisson' }, `arrival ${NO_RATE}, got "poisson"`],
    [{ maxUsers: 5 }, `maxUsers ${NO_RATE}, got 5`],
    [{ ...staged, onFull: 'drop' }, `onFull ${NO_RATE}, got "drop"`],
    [{ rate: 5, onFull: 'wait' }, 'onFull must be queue or drop, got "wait"'],
    [{ rate: 5, arrival: 'normal' }, 'arrival must be uniform or poisson, got "normal"'],
    [{ rate: 5, maxUsers: 0 }, 'maxUsers must be a whole number from 1 to 1000000, got 0'],
    [{ rate: 5, maxUsers: 2, workers: 4 }, 'maxUsers must be at least one for each of the 4 workers, got 2'],
    [{ users: 5, connections: 6 }, 'connections must be at most one for each of the 5 users, got 6'],
    [
      { rate: 5, maxUsers: 3, connections: 4 },
      'connections must be at most one for each of the 3 users, got 4',
    ],
    [{ stages: '3s:9', connections: 10 }, 'connections must be at most one for each of the 9 users, got 10'],
    [
      { users: 9, connections: 3, workers: 4 },
      'connections must be at least one for each of the 4 workers, got 3',
    ],
    [{ users: 9, connections: 0 }, 'connections must be a whole number from 1 to 1000000, got 0'],
    [
      { users: 9, connections: 3, streams: 2 },
      'streams needs http2: HTTP/1.1 has one request at a time on a connection',
    ],
    [
      { users: 9, http2: true, streams: 2 },
      'streams is about connections that users share: it needs connections',
    ],
    [
      { users: 9, connections: 3, http2: true, keepAlive: false },
      'connections of HTTP/2 are shared by staying open, and without keepAlive each closes after a request',
    ],
    [
      { users: 9, thresholds: 'blocked.p95 < 5ms' },
      'thresholds cannot have blocked.p95 without connections: each user has its own, and waits for none, got "blocked.p95 < 5ms"',
    ],
    [{ iterations: 0 }, 'iterations must be a whole number from 1 to 2000000000, got 0'],
    [{ iterations: 'x' }, 'iterations must be a number such as 550, 10k or 2M, got "x"'],
    [{ warmup: '10s' }, 'warmup must be shorter than the load of 10 s, got "10s"'],
    [{ warmup: '5s', duration: '4s' }, 'warmup must be shorter than the load of 4 s, got "5s"'],
    [{ warmup: '5s', stages: '3s:5' }, 'warmup must be shorter than the load of 3 s, got "5s"'],
    [{ warmup: '1.5s' }, 'warmup must be whole seconds, or auto, got "1.5s"'],
    [{ warmup: '500ms' }, 'warmup must be whole seconds, or auto, got "500ms"'],
    [{ ...staged, duration: '5s' }, `duration ${NOR_THIS}, got "5s"`],
    [{ ...staged, requests: 5 }, `requests ${NOR_THIS}, got 5`],
    [{ ...staged, iterations: 5 }, `iterations ${NOR_THIS}, got 5`],
    [{ ...staged, users: 5 }, `users ${NOT_WITH_STAGES}, got 5`],
    [{ ...staged, rate: 5 }, `rate ${NOT_WITH_STAGES}, got 5`],
    [{ ...staged, rampUp: '5s' }, `rampUp ${NOT_WITH_STAGES}, got "5s"`],
    [{ ...staged, spawnRate: 5 }, `spawnRate ${NOT_WITH_STAGES}, got 5`],
    [{ stages: '10s' }, `${STAGE}, each with a duration and a value, got "10s"`],
    [{ stages: ':5' }, `${STAGE}, each with a duration and a value, got ":5"`],
    [{ stages: '' }, `${STAGE}, each with a duration and a value, got ""`],
    [
      { stages: ['10s:5', '10s:6/s'] },
      'stages must be all users or all arrivals per second, not both, got "10s:5", "10s:6/s"',
    ],
    [{ stages: '0s:5' }, `${NO_LOAD}, got "0s:5"`],
    [{ stages: ['5s:0', '0s:5'] }, `${NO_LOAD}, got "5s:0", "0s:5"`],
    [{ stages: [] }, `${NO_LOAD}, got none`],
    [{ stages: '10s:2M' }, 'stages must have at most 1000000 users, got "10s:2M"'],
    [{ stages: '10s:20M/s' }, 'stages must have at most 10000000 arrivals per second, got "10s:20M/s"'],
    [{ stages: '31d:5' }, 'stages must be at most 30d long each, got "31d:5"'],
    // A config file or a program without types may hand over anything.
    [{ stages: 5 }, `${LIST}, got 5`],
    [{ stages: [5] }, `${LIST}, got 5`],
    [{ stages: null }, `${LIST}, got null`],
    [{ rate: true }, 'rate must be text or a number, got true'],
  ])('%j', (options, sentence) => expect(sentences(options)).toEqual([sentence]))

  test('several stages at once, each with its own problem', () => {
    expect(sentences({ stages: ['10s', 'soon:5', '1s:5'] })).toHaveLength(2)
  })

  test('what is just allowed', () => {
    expect(sentences({ warmup: '9s' })).toEqual([])
    expect(sentences({ warmup: '99s', requests: 5 })).toEqual([])
    expect(sentences({ rate: 5, rampUp: '10s' })).toEqual([])
    expect(sentences({ rate: 5, rampUp: '20s', requests: 5 })).toEqual([])
    expect(sentences({ rate: 5, maxUsers: 4, workers: 4 })).toEqual([])
    expect(sentences({ stages: ['0s:5', '1s:0'] })).toEqual([])
  })
})

test('every problem is reported, together with all others', () => {
  const found = problems({
    url: 'target.test',
    users: 0,
    duration: '5 parsecs',
    spawnRate: 0,
    rampUp: '1s',
    headers: ['bad', 'Connection: close'],
    wait: 'soon',
    banana: 1,
  })
  expect(found.map(({ option }) => option).sort()).toEqual(
    ['banana', 'duration', 'headers', 'headers', 'rampUp', 'spawnRate', 'url', 'users', 'wait'].sort(),
  )
})

test("a secret in the URL's user and password is not repeated in what is resolved but as authorization", () => {
  const { url, name } = resolved({ url: 'http://user:c4n4ry@target.test/a' })
  expect(`${url} ${name}`).not.toContain('c4n4ry')
})

describe('thresholds are held against the plan before anything is sent', () => {
  const staged = { stages: ['5s:10', '500ms:20', '10s:20'] }
  test.each<[string, object, string | null]>([
    ['p99 < 1s over 10s', { duration: '10s' }, null],
    ['p99 < 1s over 10s', { duration: '9s' }, 'must have a window that fits into the 9 whole seconds'],
    ['p99 < 1s over 10s', { duration: '12s', warmup: '3s' }, 'must have a window that fits into the 9'],
    ['p99 < 1s over 10s', { requests: 5 }, null],
    [
      'p99 < 1s abort-on-fail after 10s',
      { duration: '10s' },
      'must have a delay shorter than the measured load',
    ],
    ['p99 < 1s during stage 1', staged, null],
    ['p99 < 1s during stage 2', staged, 'must name a stage with at least one whole second'],
    ['p99 < 1s during stage 3', staged, null],
    ['p99 < 1s during stage 4', staged, 'unknown stage; the number of stages is 3'],
    ['p99 < 1s during stage 1', {}, 'unknown stage; the number of stages is 0'],
    ['p99 < 1s over 6s during stage 1', staged, 'must have a window that fits into the 5'],
    [
      'p99 < 1s during stage 1',
      { ...staged, warmup: '5s' },
      'must name a stage with at least one whole second',
    ],
    ['GET /GetPrograms: p99 < 1s', {}, null],
    ['GET /getprogram: p99 < 1s', {}, 'did you mean "GET /GetPrograms"?'],
    ['taskErrors < 1', {}, 'cannot have taskErrors without a scenario'],
    ['iterations.failed < 1%', {}, null],
    ['Login: p99 < 1s', {}, 'must name a request of the plan, which are "GET /GetPrograms"'],
  ])('%s %j', (threshold, options, rule) => {
    const found = sentences({ ...options, thresholds: [threshold] })
    if (rule === null) expect(found).toEqual([])
    else expect(found).toEqual([expect.stringContaining(rule)])
  })

  test('a limit of what is read is refused where nothing is read', () => {
    expect(sentences({ maxReadBytes: '1M' })).toEqual([
      'maxReadBytes is for responses that tasks of a scenario read, and there is none',
    ])
  })

  test('what a program hands over need not be text; one text is a list of one', () => {
    expect(sentences({ thresholds: [5, null] })).toEqual([
      'thresholds must be text, got 5',
      'thresholds must be text, got null',
    ])
    expect(resolved({ thresholds: 'rps > 5' }).thresholds).toHaveLength(1)
  })
})
