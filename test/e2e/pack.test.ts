/** The packed tarball, installed in an empty folder elsewhere, is a working corerush. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Report } from '../../dist/index.js'
import { start, withFolder, withTarget, type Finished } from '../support/cli.ts'
import { exitUnlessVoid, expectConservation } from '../support/conservation.ts'

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))

async function succeeds(cwd: string, file: string, ...args: string[]): Promise<Finished> {
  const started = start(file, args, { cwd })
  started.process.stdin!.end()
  const finished = await started.finished
  if (finished.code !== 0) throw new Error(`${file} ${args.join(' ')}: ${finished.stdout}${finished.stderr}`)
  return finished
}

/** The packages that a lock file pins by version and checksum, development tools left out. */
function pinsOf(file: string): Set<string> {
  const { packages } = JSON.parse(readFileSync(file, 'utf8')) as {
    packages: Record<string, { version: string; integrity?: string; dev?: boolean }>
  }
  const pinned = Object.entries(packages).filter(
    ([path, { version, integrity, dev }]) => path !== '' && dev !== true && version && integrity,
  )
  return new Set(pinned.map(([path]) => path.split('node_modules/').at(-1)!))
}

test('packed, installed elsewhere, run with npx, imported as a library', { timeout: 180_000 }, async () => {
  await withFolder((folder) =>
    withTarget([], async (target) => {
      // What is packed is what was built for the tests; building it anew would pull it away from under them.
      const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]
      const { stdout } = await succeeds(REPOSITORY, 'npm', ...pack)
      const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }]
      const paths = packed.files.map(({ path }) => path)
      for (const path of [
        'package.json',
        'dist/cli/main.js',
        'dist/index.js',
        'dist/index.d.ts',
        'dist/worker/main.js',
        'dist/page/report-main.js',
        'dist/page/page.css',
        'dist/page/live-main.js',
        'dist/page/live.css',
        'dist/vitest.js',
        'dist/vitest.d.ts',
        'schema/report.schema.json',
        'schema/config.schema.json',
        'schema/find.schema.json',
        'man/corerush.1',
        'README.md',
        'LICENSE',
        'CHANGELOG.md',
        'npm-shrinkwrap.json',
      ])
        expect(paths).toContain(path)
      // And nothing else: no sources, tests, benches, maps or settings of ours.
      const MEANT =
        /^(dist\/.*\.(js|d\.ts)|dist\/page\/(page|live)\.css|docs\/.*\.(md|json)|man\/corerush\.1|(README|CHANGELOG)\.md|LICENSE|package\.json|npm-shrinkwrap\.json|schema\/(report|config|find)\.schema\.json)$/
      expect(paths.filter((path) => !MEANT.test(path))).toEqual([])

      writeFileSync(
        join(folder, 'package.json'),
        '{ "name": "elsewhere", "private": true, "type": "module" }',
      )
      const install = ['install', '--no-audit', '--no-fund', '--prefer-offline', `./${packed.filename}`]
      await succeeds(folder, 'npm', ...install)
      expect(readdirSync(join(folder, 'node_modules', 'corerush'))).not.toContain('src')
      // What it needs, at whatever depth, is pinned by version and checksum in the package itself.
      const pinned = pinsOf(join(folder, 'node_modules', 'corerush', 'npm-shrinkwrap.json'))
      const needed = readdirSync(join(folder, 'node_modules')).filter((name) => /^[a-z]/.test(name))
      expect(needed.filter((name) => name !== 'corerush' && !pinned.has(name))).toEqual([])

      const words = [
        '--users',
        '20',
        '--wait',
        '100ms',
        '-d',
        '1s',
        '--url',
        target.url,
        '-o',
        'json=report.json',
      ]
      const started = start('npx', ['--no-install', 'corerush', ...words], { cwd: folder })
      started.process.stdin!.end()
      const { code, stdout: summary, stderr } = await started.finished
      expect(summary).toContain('measurement: ')
      const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as Report
      expect(code, stderr).toBe(exitUnlessVoid(report, 0))
      expectConservation(report)
      expect((await target.counts()).requests).toBe(report.total.sent)

      writeFileSync(
        join(folder, 'program.js'),
        `import { run, VERSION } from 'corerush'
         const report = await run({ url: '${target.url}', requests: 5 })
         console.log(JSON.stringify([VERSION, report.version, report.total.sent]))`,
      )
      const program = await succeeds(folder, process.execPath, 'program.js')
      expect(JSON.parse(program.stdout)).toEqual([report.version, report.version, 5])

      // The types hold for a program that is checked strictly, and against Node's own module rules.
      writeFileSync(
        join(folder, 'program.ts'),
        `import { run, type Report } from 'corerush'
         export const sent: Promise<number> = run({ url: 'http://127.0.0.1/' }).then((report: Report) => report.total.sent)
         // @ts-expect-error there is no such option
         void run({ urll: 'http://127.0.0.1/' })`,
      )
      const tsc = join(REPOSITORY, 'node_modules/typescript/bin/tsc')
      const check = [
        '--noEmit',
        '--strict',
        '--skipLibCheck',
        'false',
        '--module',
        'nodenext',
        '--target',
        'es2023',
      ]
      const types = ['--types', 'node', '--typeRoots', join(REPOSITORY, 'node_modules/@types')]
      await succeeds(folder, process.execPath, tsc, ...check, ...types, 'program.ts')
    }),
  )
})
