/** The commit that a run is made at: as a pipeline says it, or as git knows it in the current folder. */
import { execFileSync } from 'node:child_process'
import type { Commit } from '../../core/report/history.ts'

const LENGTH = 12
const PATIENCE_MS = 2000
/** Variables of GitHub Actions, GitLab CI, Jenkins, CircleCI, Azure Pipelines, Bitbucket and Travis CI. */
const VARIABLES = [
  ...['GITHUB_SHA', 'CI_COMMIT_SHA', 'GIT_COMMIT', 'CIRCLE_SHA1', 'BUILD_SOURCEVERSION'],
  ...['BITBUCKET_COMMIT', 'TRAVIS_COMMIT'],
]

/** `null` without a repository, and without git. */
export function readCommit(environment: Readonly<Record<string, string | undefined>>): Commit | null {
  const said = VARIABLES.map((name) => environment[name] ?? '').find((id) => /^[0-9a-f]{7,64}$/i.test(id))
  if (said !== undefined) return { id: said.slice(0, LENGTH), isDirty: null }
  try {
    const words = ['describe', '--always', '--dirty', '--exclude=*', `--abbrev=${LENGTH}`]
    const text = execFileSync('git', words, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: PATIENCE_MS,
    }).trim()
    return { id: text.replace(/-dirty$/, ''), isDirty: text.endsWith('-dirty') }
  } catch {
    return null
  }
}
