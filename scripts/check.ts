/** Lints, and checks form and types meanwhile: linting takes as long as the others together. `npm run check`. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'

const CHECKS = ['lint', 'form']

const codes = await Promise.all(
  CHECKS.map(async (script) => {
    const child = spawn('npm', ['run', '--silent', script], {
      stdio: 'inherit',
      shell: process.platform === 'win32',
    })
    const [code] = (await once(child, 'close')) as [number | null]
    return code ?? 1
  }),
)
process.exitCode = Math.max(...codes)
