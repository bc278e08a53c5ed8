/** The release workflow: what is published has been checked, and only the step that publishes may speak for it. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const read = (name: string): string =>
  readFileSync(new URL(`../.github/workflows/${name}.yml`, import.meta.url), 'utf8')
const release = read('release')
/** The jobs by name, as text. */
const jobs = new Map(
  release
    .split(/^jobs:\n/m)[1]!
    .split(/^(?=  [a-z]+:\n)/m)
    .flatMap((job) => {
      const name = /^ {2}([a-z]+):\n/.exec(job)?.[1]
      return name === undefined ? [] : [[name, job] as const]
    }),
)

test('it runs for a version tag, whose name is that of the package', () => {
  expect(release).toMatch(/^on:\n {2}push:\n {4}tags: \['v\*'\]\n\n/m)
  expect(jobs.get('package')).toContain('test "$GITHUB_REF_NAME" = "v$version"')
})

test('it publishes, with provenance, what all checks and the examples have passed', () => {
  expect([...jobs.keys()]).toEqual(['checks', 'package', 'publish', 'image'])
  expect(jobs.get('checks')).toContain('uses: ./.github/workflows/ci.yml')
  expect(read('ci')).toMatch(/^ {2}workflow_call:$/m)
  expect(jobs.get('package')).toMatch(/npm run demo\n[^]*examples\/getprograms\.ts/)
  expect(jobs.get('publish')).toContain('needs: [checks, package]')
  // Without the dot npm would take it for a repository on GitHub.
  expect(jobs.get('publish')).toMatch(/npm publish \.\/package\/\*\.tgz --provenance --access public/)
})

test('only jobs that publish, and that run nothing else, may do more than read', () => {
  expect(release.match(/^permissions:\n(?: {2}.*\n)+/m)![0]).toBe('permissions:\n  contents: read\n')
  expect(release.match(/[\w-]+: write/g)).toEqual(['id-token: write', 'packages: write'])
  expect(jobs.get('image')).not.toMatch(/^ {6}- run:/m)
  expect(jobs.get('publish')).toMatch(/permissions:\n {6}id-token: write\n {4}steps:/)
  expect(jobs.get('publish')).not.toMatch(/npm (ci|install|run|test)|npx|checkout/)
  expect(release).not.toContain('secrets.')
})

test('the image is built for both architectures, with provenance, once all checks have passed', () => {
  expect(jobs.get('image')).toContain('needs: [checks, package]')
  expect(jobs.get('image')).toContain('platforms: linux/amd64,linux/arm64')
  expect(jobs.get('image')).toContain('provenance: mode=max')
})

test('actions are pinned by commit, with the version beside it', () => {
  for (const workflow of ['ci', 'docs', 'perf', 'release', '../../action'])
    for (const [, action] of read(workflow).matchAll(/uses: (.+)/g))
      if (!action!.startsWith('./')) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
})
