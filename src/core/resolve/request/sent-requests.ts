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
import { columnsOf, isVaried, printRequest, readRequest, writtenPath } from './request-template.ts'
import type { ScriptPlan } from '../../scenario/script-plan.ts'
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
}

/** With a scenario or with targets, the plan's own request has a name only for arrivals that nothing was begun for. */
const NOT_STARTED = '(not started)'

/** Options about the one request, which a scenario does not have; and a count that its tasks would break off. */
const NOT_WITH_SCENARIO = ['method', 'body', 'name', 'requests'] as const

/** Also the URL as it is parsed, `null` if there is none, and the names of requests, `null` if tasks will say them. */
export function resolveRequests(
  options: Options,
  scenario: ScriptPlan | null,
  files: NamedFiles,
  readers: Readers,
  problems: Problem[],
): { readonly sent: SentRequests; readonly url: URL | null; readonly names: readonly string[] | null } {
  const { wrong, read, value } = readers
  const before = problems.length
  if (scenario !== null)
    for (const key of NOT_WITH_SCENARIO)
      if (options[key] !== undefined) wrong(key, 'does not go with a scenario, whose tasks say what is sent')
  const urlText = targetBase(files.targets ?? [], options) ?? scenario?.baseUrl ?? undefined
  const url = readUrl(urlText, wrong)
  const headers = readHeaders(options.headers, wrong)
  const auth = readAuth(options, url, headers, wrong)
  const digest = readDigestAuth(options, url, headers, wrong)
  const body = bodyPlan(readBody(options.body, wrong))
  const own = readRequest({ url: url === null ? '' : urlText!, headers, body }, files.columns, wrong)
  const method = read<string>('method', readMethod) ?? (body !== null ? 'POST' : 'GET')
  const name = read<string>('name', readName)
  const expectStatus = value('expectStatus') ?? DEFAULT_EXPECTED
  // The host is always shown, so what it consists of is no secret.
  const secrets = readSecrets(options.secrets, wrong).filter((text) => url?.origin.includes(text) !== true)

  const { columns, targets: written } = files
  if (options.targets !== undefined && written === null)
    wrong('targets', `must be a file, got ${show(options.targets)}`)
  const known =
    written === null
      ? null
      : readTargets(written, options, { headers, auth, name, columns, secrets }, problems)
  const all = known === null ? [own] : known.map(({ request }) => request)
  const isTemplated = all.some(isVaried)
  if (isVaried(own) && scenario !== null)
    wrong(
      isVaried({ ...own, headers: [] }) ? 'url' : 'headers',
      'has placeholders, which are for requests without a scenario: there, code says what is sent',
    )
  // Of a file that cannot be used, and of texts in which something is wrong, nobody knows.
  const isKnown = columns !== null && problems.length === before
  const used = new Set(all.flatMap((request) => [...columnsOf(request).all]))
  const data = readData(options, scenario !== null, files.delimiter, isKnown ? used : null, readers)

  const texts = printRequest(own, isTemplated)
  const path = url === null ? '' : withoutSecrets(writtenPath(own), secrets)
  const usual = name ?? `${method} ${path}`
  const targets: TargetsPlan | null = known && {
    file: options.targets!,
    requests: known.map(({ weight, request, ...one }) => ({
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
    names: scenario !== null ? null : (known?.map((one) => one.name) ?? [usual]),
  }
}

/** A request that has an authorization of its own answers no challenge. */
const withDigest = (request: Omit<RequestPlan, 'digest'>, digest: DigestCredentials | null): RequestPlan => ({
  ...request,
  digest: request.headers.some(([name]) => name.toLowerCase() === 'authorization') ? null : digest,
})
