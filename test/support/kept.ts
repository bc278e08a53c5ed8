/** Runs that are kept in the current folder: a folder of its own for each test, and reports of runs by their minute. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import type { Options } from '../../src/core/options/options.ts'
import type { Report } from '../../src/core/report/report.ts'
import { planOf, reportOf } from './reports.ts'

/** Lets each test of the file begin in an empty folder. */
export function inEmptyFolders(): void {
  const home = process.cwd()
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'corerush-test-'))
    process.chdir(folder)
  })
  afterEach(() => {
    process.chdir(home)
    rmSync(folder, { recursive: true, force: true })
  })
}

/** A run that began in this minute. */
export const runAt = (minute: number, options: Options = {}, different: Partial<Report> = {}): Report => ({
  ...reportOf(planOf(options), [{ ok: { a: [5] } }]),
  startedAt: `2026-01-02T03:${String(minute).padStart(2, '0')}:00.000Z`,
  ...different,
})
