/** The outputs that `--out KIND=PATH` and the surroundings ask for, and who may write to standard output. */
import { randomUUID } from 'node:crypto'
import { readOtlpTarget } from '../core/export/otlp-options.ts'
import type { Problem } from '../core/options/problem.ts'
import { redactUrlText } from '../core/request/redacted-url.ts'
import { nearest } from '../core/suggest.ts'
import { outputProblems } from '../host/output-set.ts'
import { CSV_FILES, LocustCsv, type CsvFile } from '../output/file/csv.ts'
import { FileDestination, StreamDestination, type Destination, type Fallback } from '../output/destination.ts'
import { Document } from '../output/document.ts'
import { GithubSummary } from '../output/file/github.ts'
import { HistogramLog } from '../output/file/hlog.ts'
import { renderHtml } from '../output/file/html.ts'
import { renderJson } from '../output/file/json.ts'
import { renderJunit } from '../output/file/junit.ts'
import { NdjsonFile, NdjsonStream } from '../output/file/ndjson.ts'
import { RequestFile } from '../output/file/request-file.ts'
import { GrowingFile } from '../output/growing-file.ts'
import type { Output } from '../output/output.ts'
import { OtlpPush } from '../output/push/otlp-push.ts'
import { canonicalPath } from '../output/whole-file.ts'
import { readPageFiles } from '../output/file/page-files.ts'
import type { Command } from './command.ts'

const KINDS = ['json', 'ndjson', 'csv', 'html', 'junit', 'github', 'hlog', 'requests'] as const
type Kind = (typeof KINDS)[number]

/** The kinds that contain the failing exchanges that were kept. */
const KEEP_FAILURES: readonly Kind[] = ['json', 'ndjson']

export interface Outputs {
  readonly outputs: readonly Output[]
  /** Whether one of them writes to standard output, so that nothing else may. */
  readonly ownsStdout: boolean
}

/** The outputs of the command line and of GitHub Actions; adds what is wrong with them to the problems. */
export function readOutputs({ lists, texts, switches }: Command, problems: Problem[]): Outputs {
  const asked: { kind: Kind; path: string }[] = []
  const pushes: Output[] = []
  for (const [at, text] of (lists.get('outputs') ?? []).entries()) {
    if (isOtlp(text)) {
      pushes.push(...readOtlpPush(text, problems))
      continue
    }
    const [, word, path] = /^([^=]+)=(.+)$/s.exec(text) ?? []
    const kind = KINDS.find((one) => one === word)
    if (kind !== undefined && path !== undefined) asked.push({ kind, path })
    else
      problems.push({
        option: 'outputs',
        message: `must be KIND=PATH, ${hintFor(word)}, got "${redactUrlText(text)}"`,
        at,
      })
  }

  const toStdout = asked.filter(({ path }) => path === '-')
  if (toStdout.length > 1)
    problems.push({
      option: 'outputs',
      message: `can write one thing to standard output, got ${toStdout.map(({ kind }) => `${kind}=-`).join(' and ')}`,
    })
  if (toStdout.some(({ kind }) => kind === 'csv'))
    problems.push({
      option: 'outputs',
      message: 'csv writes four files and needs a prefix for their names, got csv=-',
    })
  const ownsStdout = toStdout.length > 0
  const fallback: Fallback = ownsStdout
    ? { stream: process.stderr, name: 'standard error' }
    : { stream: process.stdout, name: 'standard output' }
  const outputs = asked.map(({ kind, path }) => makeOutput(kind, path, fallback))
  problems.push(...outputProblems(outputs))
  if (!asked.some(({ kind }) => kind === 'github')) outputs.push(...unasked(fallback))
  for (const path of namedTwice(asked)) problems.push({ option: 'outputs', message: `names ${path} twice` })
  const keeps = texts.get('captureFailures')
  // The live page has the report to download.
  const isKept =
    switches.get('dryRun') === true ||
    texts.has('web') ||
    asked.some(({ kind }) => KEEP_FAILURES.includes(kind))
  if (keeps !== undefined && keeps !== '0' && !isKept)
    problems.push({
      option: 'captureFailures',
      message: `needs an output that has them: --out ${KEEP_FAILURES.join('=PATH or ')}=PATH`,
    })
  if (texts.has('sampleRequests') && switches.get('dryRun') !== true && !recordsRequests({ lists }))
    problems.push({ option: 'sampleRequests', message: 'needs an output that has them: --out requests=FILE' })
  return { outputs: [...outputs, ...pushes], ownsStdout }
}

/** Whether an output of the command takes records of requests. */
export const recordsRequests = ({ lists }: Pick<Command, 'lists'>): boolean =>
  (lists.get('outputs') ?? []).some((text) => text.startsWith('requests='))

/** The files that more than one output would write, however their paths are spelled. */
function namedTwice(asked: readonly { readonly kind: Kind; readonly path: string }[]): string[] {
  const paths = asked
    .filter(({ path }) => path !== '-')
    .flatMap(({ kind, path }) => (kind === 'csv' ? CSV_FILES.map((one) => csvPath(path, one)) : [path]))
  const files = new Map<string, number>()
  const twice: string[] = []
  for (const path of paths) {
    const file = canonicalPath(path)
    const n = (files.get(file) ?? 0) + 1
    files.set(file, n)
    if (n === 2) twice.push(path)
  }
  return twice
}

const csvPath = (prefix: string, file: CsvFile): string => `${prefix}_${file}.csv`

/** The job summary where GitHub Actions runs. Nobody asked for it, so that it cannot be written stops no run. */
function unasked(fallback: Fallback): Output[] {
  const { GITHUB_ACTIONS, GITHUB_STEP_SUMMARY } = process.env
  if (GITHUB_ACTIONS !== 'true' || !GITHUB_STEP_SUMMARY) return []
  const output = makeOutput('github', GITHUB_STEP_SUMMARY, fallback)
  const [problem] = outputProblems([output])
  if (problem === undefined) return [output]
  process.stderr.write(`corerush: no job summary: ${problem.message}\n`)
  return []
}

export const isOtlp = (text: string): boolean => text === 'otlp' || text.startsWith('otlp=')

/** Returns the output of `--out otlp` or `--out otlp=URL`; none if something is wrong with it, which is added to the problems. */
function readOtlpPush(text: string, problems: Problem[]): Output[] {
  const url = text === 'otlp' ? null : text.slice('otlp='.length)
  const target = readOtlpTarget(url, process.env, (message) =>
    problems.push({ option: 'outputs', message: `otlp: ${message}` }),
  )
  return target === null ? [] : [new OtlpPush(target, randomUUID())]
}

function hintFor(word: string | undefined): string {
  const words = [...KINDS, 'otlp']
  const near = word === undefined ? null : nearest(word, words)
  return near === null ? `with one of ${words.join(', ')}` : `did you mean ${near}?`
}

function makeOutput(kind: Kind, path: string, fallback: Fallback): Output {
  const file = (name: string, how?: { append: boolean }): Destination =>
    name === '-' ? new StreamDestination(process.stdout) : new FileDestination(name, fallback, how)
  switch (kind) {
    case 'json':
      return new Document(kind, renderJson, file(path))
    case 'ndjson':
      return path === '-' ? new NdjsonStream(process.stdout) : new NdjsonFile(file(path))
    case 'html':
      return new Document(kind, (report) => renderHtml(report, readPageFiles()), file(path))
    case 'junit':
      return new Document(kind, renderJunit, file(path))
    case 'hlog':
      return new HistogramLog(file(path))
    case 'requests':
      return new RequestFile(new GrowingFile(path))
    case 'github':
      return new GithubSummary(file(path, { append: true }), fallback.stream)
    case 'csv':
      return new LocustCsv(
        path,
        Object.fromEntries(CSV_FILES.map((one) => [one, file(csvPath(path, one))])) as Record<
          CsvFile,
          Destination
        >,
      )
  }
}
