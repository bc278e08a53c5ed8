/** The requests of a targets file as they will be sent: on the URL and with the headers of the run. */
import type { Wrong } from '../../options/option-readers.ts'
import type { Options } from '../../options/options.ts'
import type { Problem } from '../../options/problem.ts'
import { bodyPlan, type RequestPlan } from '../../request/request.ts'
import {
  dotSegmentsProblem,
  hasDotSegments,
  readHeaders,
  readMethod,
  readName,
  withAuthorization,
} from './request-options.ts'
import { readRequest, writtenPath, type RequestTemplate } from './request-template.ts'
import { parseHttpUrl } from '../../request/http-url.ts'
import { withoutSecrets } from '../../request/secret-set.ts'
import { MOST_ROWS, OTHER_REQUESTS, rowOf } from '../../request/row.ts'
import type { WrittenTarget } from './targets-file.ts'

export interface TargetPlan {
  /** Twice the weight, twice as often. */
  readonly weight: number
  readonly request: RequestPlan
}

/** A targets file: each iteration sends one of its requests. */
export interface TargetsPlan {
  /** The file, absolute. */
  readonly file: string
  readonly requests: readonly TargetPlan[]
}

/** A request of the file in which nothing is wrong. */
export interface KnownTarget {
  readonly weight: number
  readonly name: string
  readonly method: string
  readonly request: RequestTemplate
}

/** What all of them have in common. */
export interface TargetDefaults {
  readonly headers: readonly (readonly [string, string])[]
  /** `user:password` of basic authorization. */
  readonly auth: string | null
  /** The name of those that have none; `null`: method and path. */
  readonly name: string | null
  readonly columns: readonly string[] | null
  readonly secrets: readonly string[]
}

/** Options that say what the file says. */
const NOT_WITH_TARGETS = ['scenario', 'method', 'body'] as const

/** The URL that paths of the file belong to: the run's, or, where there are no paths, the origin of its first request. */
export function targetBase(written: readonly WrittenTarget[], options: Options): string | undefined {
  const [first] = written
  if (options.url !== undefined || first === undefined || written.some(isPath)) return options.url
  return parseHttpUrl(first.url)?.origin ?? first.url
}

const isPath = ({ url }: WrittenTarget): boolean => url.startsWith('/')

/** Adds what is wrong with them to the problems, each with its place. */
export function readTargets(
  written: readonly WrittenTarget[],
  options: Options,
  defaults: TargetDefaults,
  problems: Problem[],
): KnownTarget[] {
  for (const option of NOT_WITH_TARGETS)
    if (options[option] !== undefined && options.replay === undefined)
      problems.push({ option, message: 'does not go with targets, which say what is sent' })
  // Where none is given, that is reported once.
  const base = (options.url ?? 'http://missing.invalid').replace(/[?#].*$/s, '').replace(/\/$/, '')
  const rows = new Set<string>()
  return written.flatMap((one) => {
    const read = readTarget(one, isPath(one) ? base + one.url : one.url, defaults, (option, message) => {
      problems.push({ option: 'targets', place: `${one.place}: ${option}`, message })
      return null
    })
    if (read === null) return []
    const row = rowOf(read)
    if (!rows.has(row) && rows.size >= MOST_ROWS) return [{ ...read, name: OTHER_REQUESTS }]
    rows.add(row)
    return [read]
  })
}

function readTarget(
  target: WrittenTarget,
  url: string,
  { headers, auth, name: usual, columns, secrets }: TargetDefaults,
  wrong: Wrong,
): KnownTarget | null {
  if (parseHttpUrl(url) === null) return wrong('url', 'must be an http or https URL')
  if (hasDotSegments(url)) return wrong('url', dotSegmentsProblem(new URL(url)))
  const body = bodyPlan(target.body)
  const own = readHeaders(target.headers, wrong)
  const isOwn = (name: string): boolean => own.some(([given]) => given.toLowerCase() === name.toLowerCase())
  const merged = [...headers.filter(([name]) => !isOwn(name)), ...own]
  const isAuthorized = merged.some(([name]) => name.toLowerCase() === 'authorization')
  const request = readRequest(
    { url, headers: isAuthorized ? merged : withAuthorization(new URL(url), auth, merged), body },
    columns,
    wrong,
  )
  const method = readMethod(target.method ?? (body === null ? 'GET' : 'POST'))
  if ('problem' in method) return wrong('method', `${method.problem}, got "${target.method}"`)
  const name = target.name === null ? null : readName(target.name)
  if (name !== null && 'problem' in name) return wrong('name', name.problem)
  const { weight } = target
  const path = withoutSecrets(writtenPath(request), secrets)
  return { weight, name: name?.value ?? usual ?? `${method.value} ${path}`, method: method.value, request }
}
