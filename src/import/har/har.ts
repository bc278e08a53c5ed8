/** Imports a recording of a browser (HAR 1.2) as a scenario. */
import { printDurationS } from '../../core/units.ts'
import { formatted } from '../formatted.ts'
import type { Imported } from '../imported.ts'
import { readJson } from '../json.ts'
import { importError, type Source } from '../source.ts'
import { quote } from '../typescript.ts'
import { Names } from '../written/names.ts'
import { headersCode, requestCode } from '../written/request-code.ts'
import { comment, scenarioText } from '../written/scenario-file.ts'
import { Secrets } from '../written/secrets.ts'
import { callsOf, isEndless, type Call } from './har-call.ts'
import { RecordedCookies } from './har-cookies.ts'
import { Correlation, type Variable } from './har-correlation.ts'
import { readRecording, type Exchange } from './har-exchange.ts'
import { asksCompressed, sharedHeaders } from './har-headers.ts'
import { needsResponse, readingCode } from './har-reading.ts'
import { HarRequest, type Shared } from './har-request.ts'
import { selectExchanges, type HarOptions } from './har-selection.ts'
import { sentTexts } from './har-texts.ts'

/** Resolves to a scenario. Throws a CorerushError for a text that is no HAR, or has no requests to send. */
export async function importHar(source: Source, options: HarOptions): Promise<Imported> {
  const recording = readRecording(source, readJson(source, 'a HAR file'))
  const selection = selectExchanges(recording, options)
  if (selection === null) throw importError(source, null, 'has no requests with a response')
  const { kept, foreign, origin } = selection
  if (kept.length === 0)
    throw importError(source, null, 'has static assets only; --keep-assets keeps their requests')
  const calls = callsOf(kept)
  const names = new Names()
  names.take('baseUrl', 'baseUrl')
  // A redirect is followed when its response has come.
  const sent = calls.flatMap(({ first, hops }, at) => [
    ...sentTexts(first, at),
    ...hops.flatMap((one) => sentTexts(one, at + 0.5)),
  ])
  const common = sharedHeaders(kept)
  const shared: Shared = {
    correlation: new Correlation(calls, foreign, sent, names),
    secrets: new Secrets(names),
    names,
    origin,
    common: new Set(common.map(([name]) => name.toLowerCase())),
    uses: new Set(),
    notes: [],
    files: new Set(),
  }
  const { statements, marked } = taskOf(calls, recording.pages, shared)
  const fields = [
    'baseUrl',
    ...(common.length === 0
      ? []
      : [`headers: ${headersCode(common.map(([name, value]) => [name, [value]]))}`]),
    ...(asksCompressed(kept) ? ['compressed: true'] : []),
    `tasks: { async Recording({ ${contextOf(statements)} }) {\n${statements.join('\n')}\n} }`,
  ]
  const text = scenarioText({
    uses: shared.uses,
    title: `Recorded by a browser: ${kept.length} requests to ${new URL(origin).host}.`,
    declarations: [`const baseUrl = ${quote(origin)}`, ...shared.secrets.declarations],
    fields,
  })
  return {
    kind: 'scenario',
    text: await formatted(text),
    companions: [],
    notes: [
      `${kept.length} of ${recording.exchanges.length} requests, ${marked} marked with notTranslated`,
      ...shared.correlation.variables.map((one) => readNote(one, calls)),
      ...shared.secrets.notes,
      ...[...shared.files].map(
        (file) => `put beside the scenario: ${file}, whose content is not in the recording`,
      ),
      ...new Set(shared.notes),
      ...selection.notes,
      ...(kept.every(({ isHttp2 }) => isHttp2) ? ['recorded over HTTP/2: --http2 speaks it'] : []),
    ],
  }
}

const readNote = ({ name, source, users }: Variable, calls: readonly Call[]): string =>
  `read from a response: ${name}, of ${titleOf(calls[source.at]!)}, sent by ${users.size} ${users.size === 1 ? 'request' : 'requests'}`

const titleOf = ({ first }: Call): string => `${first.method} ${first.url.pathname}`

/** What the task takes of its context. */
function contextOf(statements: readonly string[]): string {
  const text = statements.join('\n')
  return ['http', 'cookies', 'think'].filter((name) => new RegExp(`\\b${name}\\b[.(]`).test(text)).join(', ')
}

/** Shorter pauses are those of a machine. */
const LEAST_PAUSE_MS = 100
const MOST_PAUSE_S = 3600

function taskOf(
  calls: readonly Call[],
  pages: ReadonlyMap<string, string>,
  shared: Shared,
): { readonly statements: readonly string[]; readonly marked: number } {
  const cookies = new RecordedCookies()
  let marked = 0
  // Requests first: they say which responses are read.
  const parts = calls.map((call, at) => {
    const request = new HarRequest(call, at, shared)
    const { body } = call.first
    const own = cookies.missing(call.first).map(([name, value]) => {
      cookies.set(name, value, call.first.url.hostname)
      return request.cookie(name, value)
    })
    for (const one of [call.first, ...call.hops]) cookies.receive(one)
    if (body.kind !== 'lost') return { call, own, request: request.written() }
    marked++
    return { call, own, request: null, why: `${titleOf(call)}: ${body.why}` }
  })
  const statements: string[] = []
  const atOnce = new RequestsAtOnce(statements)
  let before: Exchange | null = null
  let endMs = 0
  // A user that does the task again begins without cookies, as the recording did.
  if (hasCookies(calls)) statements.push('cookies.clear()')
  for (const [at, { call, own, request, why }] of parts.entries()) {
    const { first } = call
    const isNewPage = before !== null && first.page !== before.page
    const code = request === null ? null : callCode(call, at, request, shared)
    if (code !== null && own.length === 0 && !isNewPage && atOnce.joins(call, code)) {
      before = first
      endMs = Math.max(endMs, call.last.endMs)
      continue
    }
    atOnce.end()
    const pause = pauseS(calls.slice(0, at), first, isNewPage ? null : endMs)
    if (pause > 0) statements.push(`await think(${quote(printDurationS(pause))})`)
    if (first.page !== null && first.page !== before?.page)
      statements.push('', `// ${comment(pages.get(first.page) ?? first.page)}`)
    statements.push(...own)
    if (code === null) {
      shared.uses.add('notTranslated')
      statements.push(`notTranslated(${quote(why ?? '')})`)
    } else atOnce.begin(call, code)
    before = first
    if (!isEndless(call)) endMs = Math.max(endMs, call.last.endMs)
  }
  atOnce.end()
  return { statements, marked }
}

/** Requests that were under way at the same time, and of whose responses nothing is read: they are sent at once. */
class RequestsAtOnce {
  readonly #statements: string[]
  readonly #requests: string[] = []
  /** When the first of them ended. */
  #endMs = 0

  constructor(statements: string[]) {
    this.#statements = statements
  }

  /** The first one, if others can be sent with it. */
  begin(call: Call, code: readonly string[]): void {
    const request = alone(call, code)
    if (request === null) this.#statements.push(...code)
    else {
      this.#requests.push(request)
      this.#endMs = call.last.endMs
    }
  }

  /** Takes a request that began before any of the others ended; returns whether it did. */
  joins(call: Call, code: readonly string[]): boolean {
    const request = alone(call, code)
    if (this.#requests.length === 0 || request === null || call.first.startMs >= this.#endMs) return false
    this.#requests.push(request)
    this.#endMs = Math.min(this.#endMs, call.last.endMs)
    return true
  }

  end(): void {
    const [only, ...more] = this.#requests.splice(0)
    if (only === undefined) return
    this.#statements.push(
      more.length === 0 ? `await ${only}` : `await Promise.all([\n${[only, ...more].join(',\n')},\n])`,
    )
  }
}

/** The request of a call that is one statement, without its `await`; `null` if it is more. */
function alone(call: Call, code: readonly string[]): string | null {
  const [, request = null] = /^await (http\.[\s\S]*)$/.exec(code.length === 1 ? code[0]! : '') ?? []
  return isEndless(call) ? null : request
}

function callCode(
  call: Call,
  at: number,
  request: ReturnType<HarRequest['written']>,
  shared: Shared,
): string[] {
  const variables = shared.correlation.variables.filter(({ source }) => source.at === at)
  const words = call.first.url.pathname.split('/').findLast((one) => /^[a-z][a-z_.-]+$/i.test(one)) ?? 'page'
  const response = variables.some(needsResponse)
    ? shared.names.take(`${words.replace(/\.\w+$/, '')} response`, 'response')
    : null
  const readings = variables.map((one) =>
    readingCode(one, response ?? '', titleOf(call), shared.origin, shared.uses),
  )
  return [...requestCode({ ...request, response }), ...readings]
}

const hasCookies = (calls: readonly Call[]): boolean =>
  calls.some(({ first, hops }) =>
    [first, ...hops].some(
      ({ headers, response }) =>
        headers.some(([name]) => /^cookie$/i.test(name)) ||
        response.headers.some(([name]) => /^set-cookie$/i.test(name)),
    ),
  )

/** The pause before a request; that before a new page begins when the last request of the old one ended before it. */
function pauseS(before: readonly Call[], { startMs }: Exchange, endMs: number | null): number {
  if (before.length === 0) return 0
  let ended = endMs ?? 0
  if (endMs === null)
    for (const { last } of before) if (last.endMs <= startMs && last.endMs > ended) ended = last.endMs
  const pauseMs = ended === 0 ? 0 : startMs - ended
  if (pauseMs < LEAST_PAUSE_MS) return 0
  const seconds = pauseMs / 1000
  return Math.min(MOST_PAUSE_S, seconds < 1 ? Number(seconds.toFixed(2)) : Number(seconds.toFixed(1)))
}
