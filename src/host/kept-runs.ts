/**
 * Runs kept under names, for later ones to be compared with: `.corerush/baselines/NAME` in the current folder, a report
 * in each file, so that a pipeline can cache the folder and any tool read it.
 */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = join('.corerush', 'baselines')

/** A word that is the name of kept runs; whatever has a folder in it, or ends in `.json`, is a file. */
export const isKeptName = (word: string): boolean =>
  /^[a-z0-9][\w.-]{0,99}$/i.test(word) && !/\.json$/i.test(word)

/** The folder of a name. */
export const placeOf = (name: string): string => join(FOLDER, name)

/** The files under a name, by the start of their runs, the oldest first. */
export function keptFiles(name: string): readonly string[] {
  const folder = placeOf(name)
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return []
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => join(folder, file))
}
