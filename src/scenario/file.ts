/**
 * Loads files that users write in TypeScript or JavaScript: scenarios, and configs. The only importer of jiti, which runs
 * TypeScript without a build step, and gives the file the `corerush` that runs it, wherever either is installed.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cut } from '../core/cut.ts'
import { defineConfig } from '../core/config/config.ts'
import { shape } from '../core/load/shape.ts'
import type { LoadedScript } from '../core/resolve/own-options.ts'
import { OptionsError } from '../core/options/options-error.ts'
import {
  givenValues,
  optionProblems,
  type GivenOptions,
  type OptionValue,
  type ScriptOptionPlan,
} from '../core/scenario/script-options.ts'
import { redactFields } from '../core/request/secret-field.ts'
import { CorerushError, EXIT, messageOf, type ErrorCode } from '../errors.ts'
import { captureConsole } from './console.ts'
import { feederMaker, type AskedFeeder, type Feeder } from './feeder.ts'
import { LoadingFault, watchLoading } from './loading.ts'
import { Metrics } from './metric.ts'
import { ScriptOptions } from './options.ts'
import { planOf } from './definition.ts'
import { check, fail, isScenario, scenario, type Scenario, type ScenarioDefinition } from './scenario.ts'
import * as python from '../python.ts'
import { between, constant, pacing, throughput } from './wait.ts'

/** What such a file can import from `corerush`. */
const AUTHORING = { scenario, check, fail, between, constant, pacing, throughput, shape, defineConfig }

/** Lines of code shown before and after the one that is at fault. */
const FRAME_LINES = 2

/**
 * What the file default-exports; a CorerushError of this code says where it cannot be loaded. What it writes to the console
 * goes to standard error, unless it is loaded once more (`isQuiet`).
 */
export async function importDefault(
  file: string,
  code: ErrorCode,
  more: Readonly<Record<string, unknown>> = {},
  isQuiet = false,
): Promise<unknown> {
  // It takes a while to load, and most runs have no such file.
  const { createJiti } = await import('jiti')
  const jiti = createJiti(import.meta.url, {
    virtualModules: { corerush: { ...AUTHORING, ...more }, 'corerush/python': python },
    moduleCache: false,
    interopDefault: false,
  })
  // Standard output is for what a command was asked for.
  const release = captureConsole((_, text) => {
    if (!isQuiet) process.stderr.write(`${text()}\n`)
  })
  try {
    return (await watchLoading(() => jiti.import<{ default?: unknown }>(file))).default
  } catch (error) {
    const isFault = error instanceof LoadingFault
    const cause = isFault ? error.thrown : error
    throw new CorerushError(code, atFault(file, cause), {
      cause,
      ...(isFault ? { exitCode: EXIT.unexpected } : {}),
    })
  } finally {
    release()
  }
}

/** What a file makes when it is loaded, in its order. */
export interface LoadedFile {
  readonly scenarios: readonly Scenario[]
  readonly feeders: readonly Feeder<unknown>[]
  readonly metrics: Metrics
}

/** Loads the file once more; a CorerushError says where it is wrong. */
export async function loadScenarios(
  file: string,
  options: readonly Pick<ScriptOptionPlan, 'name' | 'value'>[],
): Promise<LoadedFile> {
  const given = new Map(options.map(({ name, value }) => [name, value]))
  const { scenarios, asked, metrics } = await load(file, given, true)
  return { scenarios, feeders: asked.map(({ feeder }) => feeder), metrics }
}

async function load(
  file: string,
  given: ReadonlyMap<string, OptionValue>,
  isQuiet = false,
): Promise<{
  readonly options: ScriptOptions
  readonly scenarios: readonly Scenario[]
  readonly asked: readonly AskedFeeder[]
  readonly metrics: Metrics
}> {
  const asked: AskedFeeder[] = []
  const metrics = new Metrics()
  const { counter, trend } = metrics
  const feeder = feederMaker((one) => asked.push(one))
  const own = new ScriptOptions(given)
  const more = { feeder, counter, trend, options: own.declare }
  const found = await importDefault(file, 'CORERUSH_SCENARIO', more, isQuiet)
  own.isLoaded = true
  const all: unknown[] = Array.isArray(found) ? found : [found]
  if (all.length === 0 || !all.every(isScenario))
    throw new CorerushError(
      'CORERUSH_SCENARIO',
      `${shown(file)} must default-export a scenario, or a list of them`,
      {
        hint: "export default scenario({ baseUrl: 'http://…', tasks: { async Home({ http }) { await http.get('/') } } })",
      },
    )
  return { scenarios: all, asked, metrics, options: own }
}

/** What the main thread needs to know of them. `set` are the values of the file's own options. */
export async function readScenarios(file: string, set?: GivenOptions): Promise<LoadedScript> {
  const given = givenValues(set)
  if ('problem' in given) throw new OptionsError([{ option: 'set', message: given.problem }])
  const { scenarios, asked, metrics, options } = await load(file, given.value)
  const unset = optionProblems(options.declared, given.value)
  if (unset.length > 0) throw new OptionsError(unset)
  // Feeders of a task's own would be others in each worker.
  const feeders = asked.map((one) => ({ ...one, path: resolve(dirname(file), one.feeder.path) }))
  const { plan, problems } = planOf(
    file,
    scenarios.map(({ definition }) => withPems(file, definition)),
    feeders,
    metrics.plans,
  )
  if (plan === null)
    throw new CorerushError(
      'CORERUSH_SCENARIO',
      problems.map((problem) => faultIn(file, problem, null, fieldOf(problem))).join('\n'),
    )
  return {
    ...plan,
    options: options.plans,
    sha256: createHash('sha256').update(readFileSync(file)).digest('hex'),
  }
}

/** The field that a problem is about: its last name before the first space, without the name of the scenario. */
const fieldOf = (problem: string): string =>
  problem
    .replace(/^scenario [^:]*: /, '')
    .split(' ')[0]!
    .split('.')
    .at(-1)!

/** The definition with the PEM of the files that it names, which are relative to it. */
function withPems(
  file: string,
  definition: ScenarioDefinition<unknown, unknown>,
): ScenarioDefinition<unknown, unknown> {
  const pems: { [name: string]: string } = {}
  for (const field of ['ca', 'cert', 'key'] as const) {
    const given = definition[field]
    if (given instanceof Uint8Array) pems[field] = Buffer.from(given).toString()
    if (typeof given !== 'string' || given.includes('-----BEGIN ')) continue
    try {
      pems[field] = readFileSync(resolve(dirname(file), given), 'utf8')
    } catch (error) {
      throw new CorerushError(
        'CORERUSH_SCENARIO',
        faultIn(file, `${field} names a file that cannot be read: ${messageOf(error)}`, null, field),
      )
    }
  }
  return { ...definition, ...pems }
}

/** The message, with the place in the file and the code around it where they are known. */
function atFault(file: string, error: unknown): string {
  const message = messageOf(error).split('\n')[0]!
  const place = placeIn(file, error)
  if (place === null) return `${shown(file)} cannot be loaded: ${message}`
  const [line, column] = place
  return `${shown(file)}:${line}:${column}: ${message}\n${codeFrame(readFileSync(file, 'utf8'), line, column)}`
}

/**
 * The message after the place in the file where the error was thrown, with the code around it; if that is not known,
 * after the line in which the field of this name is defined.
 */
export function faultIn(file: string, message: string, error: unknown, field: string): string {
  const code = readFileSync(file, 'utf8')
  const place = error === null ? null : placeIn(file, error)
  const line = place?.[0] ?? lineOfField(code, field)
  if (line === null) return `${shown(file)}: ${message}`
  return `${shown(file)}:${line}: ${message}\n${codeFrame(code, line, null)}`
}

/** The line in which a field of an object is defined, from 1; `null` if none looks like it. */
function lineOfField(code: string, field: string): number | null {
  if (!/^[\w$]+$/.test(field)) return null
  const defines = new RegExp(`(?:^|[\\s{,*'"])${field.replaceAll('$', '\\$')}['"]?\\s*[(:,]`)
  const at = code.split('\n').findIndex((line) => defines.test(line))
  return at < 0 ? null : at + 1
}

/** The file as it is named in a message. */
export const shown = (file: string): string => {
  const path = relative('', file)
  return path.startsWith('..') ? file : path
}

/** Line and column from 1, from what the parser says or from the topmost frame of the stack within the file. */
function placeIn(file: string, error: unknown): [number, number] | null {
  const message = messageOf(error)
  const frame = `${message}\n${stackOf(error)}`
    .split('\n')
    .find((line) => line.includes(file) && /:\d+:\d+\)?$/.test(line))
  const match = /:(\d+):(\d+)\)?$/.exec(frame ?? '') ?? /\((\d+):(\d+)\)/.exec(message)
  return match === null ? null : [Number(match[1]), Number(match[2])]
}

/** The stack of what was thrown; empty where it has none that is text. */
function stackOf(thrown: unknown): string {
  try {
    const { stack } = thrown as { readonly stack?: unknown }
    return typeof stack === 'string' ? stack : ''
  } catch {
    return ''
  }
}

/** Where in the file this was thrown, as `shop.ts:12`; `null` if that is not known. */
export function placeOf(file: string, error: unknown): string | null {
  const place = placeIn(file, error)
  return place === null ? null : `${shown(file)}:${place[0]}`
}

/**
 * The calls that led to where this was thrown, the innermost first, one per line as in a stack of V8: those in files of the
 * user, without node and packages. `null` if none is known.
 */
export function traceOf(error: unknown): string | null {
  const frames = stackOf(error)
    .split('\n')
    .filter(
      (line) =>
        /^\s+at /.test(line) && !/node:|[/\\]node_modules[/\\]/.test(line) && !line.includes(OWN_FOLDER),
    )
    .slice(0, MOST_FRAMES)
    .map((line) => line.trim().replace('file://', '').replace(`${process.cwd()}${sep}`, ''))
  return frames.length === 0 ? null : cut(frames.join('\n'), LONGEST_TRACE)
}

/** Where corerush itself lies, and what loads the files of scenarios. */
const OWN_FOLDER = fileURLToPath(new URL('..', import.meta.url))
const MOST_FRAMES = 20
const LONGEST_TRACE = 2000

/** The code around the place in the file where this was thrown; `null` if that is not known. */
export function frameOf(file: string, error: unknown): string | null {
  const place = placeIn(file, error)
  // The column is one of the code that jiti made of it.
  return place === null
    ? null
    : `${shown(file)}:${place[0]}\n${codeFrame(readFileSync(file, 'utf8'), place[0], null)}`
}

/**
 * The code around a line, its numbers before it, and a mark below the column, if that is known; a token written in it is
 * not shown.
 */
export function codeFrame(code: string, line: number, column: number | null): string {
  const lines = code.split('\n')
  const first = Math.max(1, line - FRAME_LINES)
  const last = Math.min(lines.length, line + FRAME_LINES)
  const width = String(last).length
  const frame: string[] = []
  for (let n = first; n <= last; n++) {
    const text = lines[n - 1]!
    frame.push(`${n === line ? '>' : ' '} ${String(n).padStart(width)} | ${redactFields(text)}`)
    if (n !== line || column === null) continue
    const before = redactFields(text.slice(0, Math.max(0, column - 1))).length
    frame.push(`  ${' '.repeat(width)} | ${' '.repeat(before)}^`)
  }
  return frame.join('\n')
}
