/** What the options say is sent: one request, or those of a targets file, and the data that placeholders stand for. */
import { readData, type DataDelimiter } from './data-options.ts'
import type { FeederPlan } from '../../scenario/row-source.ts'
import { show, type Readers } from '../../options/option-readers.ts'
import type { Options } from '../../options/options.ts'
import type { Problem } from '../../options/problem.ts'
import type { DigestCredentials } from '../../request/digest.ts'
import { bodyPlan, type BodyPlan, type RequestPlan } from '../../request/request.ts'
import {
  readAuth,
  readBody,
  readDigestAuth,
  readHeaders,
  readMethod,
  readName,
  readSecrets,
  readUrl,
  withAuthorization,
} from './request-options.ts'
import {
  columnsOf,
  isVaried,
  printRequest,
  readRequest,
  writtenPath,
  type RequestTemplate,
} from './request-template.ts'
import type { ScriptPlan } from '../../scenario/script-plan.ts'
import type { ReplayLog } from '../../log/replay-index.ts'
import { NOT_STARTED, OTHER_REQUESTS, rowOf } from '../../request/row.ts'
import { withoutSecrets } from '../../request/secret-set.ts'
import { DEFAULT_EXPECTED, type StatusRange } from '../../request/status.ts'
import { readTargets, targetBase, type TargetsPlan } from './targets-options.ts'
import type { WrittenTarget } from './targets-file.ts'

export interface SentRequests {
  readonly url: string
  readonly method: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: BodyPlan | null
  readonly digest: DigestCredentials | null
  readonly name: string
  readonly expectStatus: readonly StatusRange[]
  /** URLs, header values and bodies are templates. */
  readonly isTemplated: boolean
  readonly data: FeederPlan | null
  readonly targets: TargetsPlan | null
  readonly secrets: readonly string[]
}

/** What was read of the files that the options name. */
export interface NamedFiles {
  /** The columns of the data; `null` if not known. */
  readonly columns: readonly string[] | null
  /** What separates the cells of the data, and whether that is a guess; `null` if not known. */
  readonly delimiter?: DataDelimiter | null
  /** `null` if the options name no such file. */
  readonly targets: readonly WrittenTarget[] | null
  /** The index of the log that is replayed; left out if there is none. */
  readonly replay?: ReplayLog | null
}

/** One request of each name of the log, as targets. */
const targetsOf = (log: ReplayLog, file: string): WrittenTarget[] =>
  log.names.map(({ method, path, name, line, count }) => ({
    place: `${file}:${line}`,
    weight: count,
    method,
    url: path.replaceAll('{{', '{{{{'),
    headers: {},
    body: null,
    name: name ?? OTHER_REQUESTS,
  }))

/** Options about the one request, which a scenario does not have; and a count that its tasks would break off. */
const NOT_WITH_SCENARIO = ['method', 'body', 'name', 'requests'] as const

/** The plan's own request, as the options say it. */
interface OwnRequest {
  /** `null` if there is none, or it is wrong. */
  readonly url: URL | null
  readonly headers: readonly (readonly [string, string])[]
  readonly auth: string | null
  readonly digest: DigestCredentials | null
  readonly template: RequestTemplate
  readonly method: string
  readonly name: string | null
  readonly expectStatus: readonly StatusRange[]
  readonly secrets: readonly string[]
}

/**
 * What is sent, the URL as it is parsed (`null` if there is none), and the rows of requests (`null` if tasks decide
 * them).
 */
export function resolveRequests(
  options: Options,
  scenario: ScriptPlan | null,
  files: NamedFiles,
  readers: Readers,
  problems: Problem[],
): { readonly sent: SentRequests; readonly url: URL | null; readonly rows: readonly string[] | null } {
  const before = problems.length
  if (scenario !== null) refuseBesideScenario(options, readers)
  const log = files.replay ?? null
  const written = log === null ? files.targets : targetsOf(log, String(options.replay))
  const baseUrl = targetBase(written ?? [], options) ?? scenario?.baseUrl ?? undefined
  const own = readOwn(options, baseUrl, files, readers)
  const { url, headers, auth, digest, template, method, expectStatus, secrets } = own
  const listed = readListed(options, { ...files, targets: written }, own, readers, problems)
  if (options.replay !== undefined && isVaried({ ...template, headers: [] }))
    readers.wrong('url', 'has placeholders, and the log sets what is sent')
  const all = listed === null ? [template] : listed.map(({ request }) => request)
  const isTemplated = all.some(isVaried)
  if (scenario !== null) refusePlaceholders(template, readers)
  // If a file cannot be used, or a text is wrong, the columns that are used are not known.
  const isKnown = files.columns !== null && problems.length === before
  const used = new Set(all.flatMap((request) => [...columnsOf(request).all]))
  const data = readData(options, scenario !== null, files.delimiter, isKnown ? used : null, readers)

  const texts = printRequest(template, isTemplated)
  const path = url === null ? '' : withoutSecrets(writtenPath(template), secrets)
  const usual = own.name ?? `${method} ${path}`
  const targets: TargetsPlan | null = listed && {
    file: options.targets ?? options.replay!,
    requests: listed.map(({ weight, request, ...one }) => ({
      weight,
      request: withDigest({ ...one, ...printRequest(request, isTemplated), expectStatus }, digest),
    })),
  }
  const isOne = scenario === null && targets === null
  return {
    sent: {
      ...texts,
      headers: url === null ? headers : withAuthorization(url, auth, texts.headers),
      digest,
      method,
      name: isOne ? usual : NOT_STARTED,
      expectStatus,
      isTemplated,
      data,
      targets,
      secrets,
    },
    url,
    rows: scenario !== null ? null : (listed ?? [{ method, name: usual }]).map(rowOf),
  }
}

/** `baseUrl` replaces the option `url`, which need not be there: see `targetBase`. */
function readOwn(
  options: Options,
  baseUrl: string | undefined,
  { columns }: NamedFiles,
  { wrong, read, value }: Readers,
): OwnRequest {
  const url = readUrl(baseUrl, wrong)
  const headers = readHeaders(options.headers, wrong)
  const auth = readAuth(options, url, headers, wrong)
  const digest = readDigestAuth(options, url, headers, wrong)
  const body = bodyPlan(readBody(options.body, wrong))
  const template = readRequest({ url: url === null ? '' : baseUrl!, headers, body }, columns, wrong)
  const method = read<string>('method', readMethod) ?? (body !== null ? 'POST' : 'GET')
  const name = read<string>('name', readName)
  const expectStatus = value('expectStatus') ?? DEFAULT_EXPECTED
  // The host is always shown, so what it consists of is no secret.
  const secrets = readSecrets(options.secrets, wrong).filter((text) => url?.origin.includes(text) !== true)
  return { url, headers, auth, digest, template, method, name, expectStatus, secrets }
}

/** The requests of the targets file; `null` without one. */
function readListed(
  options: Options,
  { columns, targets }: NamedFiles,
  { headers, auth, name, secrets }: OwnRequest,
  { wrong }: Readers,
  problems: Problem[],
): ReturnType<typeof readTargets> | null {
  if (options.targets !== undefined && options.replay === undefined && targets === null)
    wrong('targets', `must be a file, got ${show(options.targets)}`)
  // A path of a log becomes a name unseen; one in a targets file is as its author wrote it.
  const named =
    options.replay === undefined
      ? targets
      : (targets?.map((one) => ({ ...one, name: one.name && withoutSecrets(one.name, secrets) })) ?? null)
  return named && readTargets(named, options, { headers, auth, name, columns, secrets }, problems)
}

function refuseBesideScenario(options: Options, { wrong }: Readers): void {
  for (const key of NOT_WITH_SCENARIO)
    if (options[key] !== undefined) wrong(key, 'does not go with a scenario, whose tasks say what is sent')
}

/** With a scenario, nothing would replace the placeholders of this request. */
function refusePlaceholders(template: RequestTemplate, { wrong }: Readers): void {
  if (!isVaried(template)) return
  wrong(
    isVaried({ ...template, headers: [] }) ? 'url' : 'headers',
    'has placeholders, which are for requests without a scenario: there, code says what is sent',
  )
}

/** A request that has an authorization of its own answers no challenge. */
const withDigest = (request: Omit<RequestPlan, 'digest'>, digest: DigestCredentials | null): RequestPlan => ({
  ...request,
  digest: request.headers.some(([name]) => name.toLowerCase() === 'authorization') ? null : digest,
})
