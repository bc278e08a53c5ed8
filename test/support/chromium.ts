/** A real browser: headless Chromium, and what axe-core says of a page in it. */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import { chromium, type Browser, type Page } from 'playwright-core'

const { CI } = process.env
export const { CHROMIUM = '/usr/bin/chromium' } = process.env
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A browser is there wherever CI is; elsewhere it may be missing. */
export const hasChromium = CI !== undefined || existsSync(CHROMIUM)

/** `program` starts it, where that is not the browser itself. */
export const launchChromium = (program = CHROMIUM): Promise<Browser> =>
  chromium.launch({ executablePath: program, args: ARGS })

/** What axe finds that is serious; of one rule, or of all. */
export async function violations(page: Page, rule?: string): Promise<string[]> {
  const options = { resultTypes: ['violations'], ...(rule === undefined ? {} : { runOnly: [rule] }) }
  const found: AxeResults = await page.evaluate(`${AXE}; axe.run(${JSON.stringify(options)})`)
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`),
    )
}
