/**
 * Runs kept under names, for later ones to be compared with: `.corerush/baselines/NAME` in the current folder, a report
 * in each file, so that a pipeline can cache the folder and any tool read it. Under one name are at most five runs, and
 * all can be compared with each other.
 */
import { accessSync, constants, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { differencesOf } from '../../core/compare/comparable.ts'
import { isCarriedOut } from '../../core/judge/exit.ts'
import type { Report } from '../../core/report/report.ts'
import { CorerushError, messageOf } from '../../errors.ts'
import { writeWhole } from '../../output/whole-file.ts'
import { renderJson } from '../../output/file/json.ts'
import { readRun } from './stored-runs.ts'

const FOLDER = join('.corerush', 'baselines')
const MOST_KEPT = 5

/** A word that is the name of kept runs; whatever has a folder in it, or ends in `.json`, is a file. */
export const isKeptName = (word: string): boolean =>
  /^[a-z0-9][\w.-]{0,99}$/i.test(word) && !/\.json$/i.test(word)

/** The folder of a name. */
export const placeOf = (name: string): string => join(FOLDER, name)

const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory()

/** The names under which runs are kept. */
export const keptNames = (): readonly string[] => (isFolder(FOLDER) ? readdirSync(FOLDER) : [])

/** The files under a name, by the start of their runs, the oldest first. */
export function keptFiles(name: string): readonly string[] {
  const folder = placeOf(name)
  if (!isFolder(folder)) return []
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => join(folder, file))
}

/** Why nothing will be kept under a name, before anything is sent; `null` if it can be. */
export function keepingProblem(name: string): string | null {
  if (name === 'last-sound') return 'must be another name: last-sound is the newest sound run of --keep'
  if (!isKeptName(name))
    return `must be a name of letters, digits, dots, dashes and underscores that does not end in .json, got "${name}"`
  return folderProblem(placeOf(name))
}

/** Why nothing can be written to a folder, which need not exist yet; `null` if it can. */
export function folderProblem(wanted: string): string | null {
  let folder = wanted
  while (!existsSync(folder)) folder = dirname(folder)
  if (!statSync(folder).isDirectory()) return `needs the folder ${wanted}, and ${folder} is a file`
  try {
    accessSync(folder, constants.W_OK)
    return null
  } catch (error) {
    return `needs the folder ${wanted}: ${messageOf(error)}`
  }
}

/** Why a run is not to be held up to later ones; `null` if it is. */
export function unfitToKeep({ exitCode, verdict, stoppedBy, amendments }: Report): string | null {
  if (verdict.level === 'void') return 'it is void'
  if (!isCarriedOut(stoppedBy)) return `it was stopped by ${stoppedBy}`
  if (amendments.length > 0) return 'its load was changed while it went on'
  if (exitCode === 0) return null
  return `it failed, with exit code ${exitCode}`
}

export interface Kept {
  /** How many runs there are under the name now. */
  readonly runs: number
  /** Why runs that were there are no more, but for being the oldest. */
  readonly dropped: readonly string[]
}

/** Keeps runs of one plan under a name. Of those that were there, what cannot be compared with them goes. */
export function keepRuns(name: string, reports: readonly Report[]): Kept {
  const before = keptFiles(name)
  mkdirSync(placeOf(name), { recursive: true })
  for (const report of reports)
    writeWhole(join(placeOf(name), `${report.startedAt.replaceAll(':', '-')}.json`), renderJson(report))
  const dropped = new Set<string>()
  for (const file of before) {
    const why = misfit(file, reports[0]!)
    if (why === null) continue
    rmSync(file, { force: true })
    dropped.add(why)
  }
  for (const oldest of keptFiles(name).slice(0, -MOST_KEPT)) rmSync(oldest, { force: true })
  return { runs: keptFiles(name).length, dropped: [...dropped] }
}

function misfit(file: string, report: Report): string | null {
  try {
    return differencesOf(readRun(file), report)[0]?.message ?? null
  } catch (error) {
    if (!(error instanceof CorerushError)) throw error
    return error.message
  }
}
