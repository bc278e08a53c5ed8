/** The live page in a real browser, of a run of the built command; and what that command does with it. */
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, test } from 'vitest'
import type { Report } from '../../dist/index.js'
import { showCount, showMs, showPercent, showRate } from '../../src/core/units.ts'
import { startCli, startTarget, withFolder, type Started, type TargetProcess } from '../support/cli.ts'
import { LivePage } from '../../src/output/web/live-page.ts'
import { onLoopback } from '../../src/output/web/page-address.ts'
import { WebServer, type WebActions } from '../../src/output/web/web-server.ts'
import { hasChromium, launchChromium, violations } from '../support/chromium.ts'
import { expectConservation } from '../support/conservation.ts'
import { liveOf, startOf } from '../support/live.ts'
import { LIVE_FILES, longReport, PAGE_FILES } from '../support/page.ts'

/** Whatever else this host is busy with. */
const PATIENT = { timeout: 30_000 }

const NO_ACTIONS: WebActions = { stop: () => undefined, start: null, amend: () => Promise.resolve(null) }

/** In a tab: whether somebody is away from it, which it takes for hidden, and how many elements are watched for their size. */
const TAB = `
  window.isAway = false
  window.watched = 0
  Object.defineProperty(document, 'hidden', { get: () => isAway })
  window.ResizeObserver = class extends ResizeObserver {
    observe(one) { watched++; super.observe(one) }
    disconnect() { watched--; super.disconnect() }
  }
`

let target: TargetProcess
beforeAll(async () => {
  target = await startTarget(['--latency', '5ms', '--status', '503:0.02'])
})
afterAll(() => target.kill('SIGTERM'))

const urlOf = async (started: Started): Promise<string> =>
  (await started.says('stderr', /live page at (http:\S+)\n/))[1]!

describe.skipIf(!hasChromium).concurrent('the live page', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser.close())

  /** Opens the page; whatever the browser complains of, or asks of others, is kept. */
  async function open(url: string) {
    const complaints: string[] = []
    const page = await browser.newPage({ colorScheme: 'light' })
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== new URL(url).origin && !request.url().startsWith('data:'))
        complaints.push(request.url())
    })
    await page.goto(url)
    return { page, complaints }
  }

  test('a run while it goes on, its generator beside it, stopped from the page; then its report', async ({
    expect,
  }) => {
    await withFolder(async (folder) => {
      const file = join(folder, 'report.json')
      const words = ['-u', '20', '-w', '2', '--wait', '100ms', '-d', '10m', '--web', '0']
      const running = startCli([...words, '--url', target.url, '-o', `json=${file}`])
      const url = new URL(await urlOf(running))
      // One that never reads holds up neither the run nor its end.
      const asleep = connect(Number(url.port), url.hostname).pause()
      asleep.on('error', () => undefined)
      asleep.write(`GET /events${url.search} HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`)
      const { page, complaints } = await open(url.href)
      await page.locator('#generator .sofar').waitFor()
      expect(await page.locator('#target .glances').textContent()).toMatch(/requests\/s\d/)
      for (const unit of ['worker 0', 'worker 1'])
        expect(await page.locator('#generator .bars').first().textContent()).toContain(unit)
      expect(await page.locator('.status').textContent()).toMatch(/^running\d:\d\d of 10:00/)
      // What the reader has chosen stays when the next second comes.
      await page.getByRole('tab', { name: 'Workers and cores' }).click()
      await page.locator('#workers thead').getByRole('button', { name: 'worker' }).click()
      const before = await page.locator('.clock').textContent()
      await expect.poll(() => page.locator('.clock').textContent(), PATIENT).not.toBe(before)
      expect(await page.locator('#workers tbody th').allTextContents()).toEqual(['1', '0'])
      expect(await page.locator('#workers [aria-sort=descending]').textContent()).toBe('worker')
      expect(await page.evaluate('document.activeElement.textContent')).toBe('worker')
      expect(await violations(page)).toEqual([])

      await page.getByRole('textbox', { name: 'users' }).fill('some')
      await page.getByRole('button', { name: 'Change' }).click()
      await expect
        .poll(() => page.getByRole('alert').first().textContent(), PATIENT)
        .toContain('must be a number')
      await page.getByRole('textbox', { name: 'users' }).fill('25')
      await page.keyboard.press('Enter')
      await expect.poll(() => page.locator('.facts').textContent(), PATIENT).toContain('amended to 25 users')
      await page.getByRole('textbox', { name: 'length' }).fill('+5m')
      await page.keyboard.press('Enter')
      await expect.poll(() => page.locator('.status').textContent(), PATIENT).toContain('of 15:00')

      // A reset is of the table only, and is marked; downloads are of the run so far.
      await page.getByRole('tab', { name: 'Statistics' }).click()
      await page.getByRole('button', { name: 'Reset statistics' }).click()
      await page.getByText('only, reset on this page').waitFor()
      expect(await page.locator('#requests tbody tr').first().textContent()).toMatch(/^\/GET/)
      await page.getByRole('button', { name: 'Show the whole run' }).click()
      await page.getByText('The whole run.').waitFor()
      await page.getByRole('tab', { name: 'Downloads' }).click()
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: 'report.json' }).click(),
      ])
      expect(download.suggestedFilename()).toBe('corerush-report-so-far.json')

      await page.getByRole('button', { name: 'Stop' }).click()
      const { code, stdout } = await running.finished
      expect([code, stdout.includes('measurement: ')]).toEqual([130, true])
      const report = JSON.parse(readFileSync(file, 'utf8')) as Report
      expectConservation(report)
      expect(report.stoppedBy).toBe('abort')
      expect(report.amendments).toMatchObject([{ users: 25, overS: 1 }, { durationS: 900 }])
      const { total, verdict } = report
      await page.locator('#verdict').waitFor()
      const key = (name: string): Promise<string | null> => page.locator(`[data-key=${name}]`).textContent()
      expect(await key('requests')).toBe(showCount(total.finished + total.unfinished))
      expect(await key('rate')).toBe(showRate(total.requestsPerS))
      expect(await key('failed')).toBe(showPercent(total.failedRatio))
      expect(await key('p99')).toContain(showMs(total.latencyMs.p99))
      expect(await page.locator('#verdict strong').first().textContent()).toBe(verdict.level)
      expect(await page.locator('#thresholds tbody tr').count()).toBe(report.thresholds.length)
      expect(await page.locator('.status').textContent()).toMatch(/^endedafter \d:\d\d.*corerush has exited/)

      // By keyboard alone through the tabs.
      const tabs = page.getByRole('tab')
      await tabs.first().focus()
      const texts: string[] = []
      for (let i = 0; i < (await tabs.count()); i++) {
        texts.push((await page.locator('[role=tabpanel]:not([hidden])').textContent())!)
        await page.keyboard.press('ArrowRight')
      }
      expect(texts.join('\n')).not.toMatch(/NaN|undefined|Infinity|\[object/)
      expect(texts[2]).toContain('status 503')
      expect(texts[2]).toContain(showPercent(report.outcomes.ok! / (total.finished + total.unfinished)))
      expect(texts.find((text) => text.startsWith('Log'))).toContain('the run ended, stopped by abort')
      await page.getByRole('tab', { name: 'Charts' }).click()
      await page.locator('#chart-rate canvas').waitFor()
      expect(await violations(page)).toEqual([])
      await page.setViewportSize({ width: 390, height: 800 })
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
      expect(complaints).toEqual([])
    })
  })

  test('seven tabs of one browser, which has six connections: hidden ones make room, and miss nothing', async ({
    expect,
  }) => {
    const custom = { stock: { kind: 'counter', sum: 12_345 } } as const
    const report: Report = { ...longReport(['GET /a'], 6), custom }
    const live = new LivePage({ phase: 'waiting', form: null, staysOpen: true })
    const server = await WebServer.listen(
      onLoopback(0),
      live,
      { live: LIVE_FILES, report: PAGE_FILES },
      NO_ACTIONS,
    )
    const context = await browser.newContext()
    await context.addInitScript(TAB)
    const look = (tab: Page, isAway: boolean) =>
      tab.evaluate(`isAway = ${isAway}; document.dispatchEvent(new Event('visibilitychange'))`)
    try {
      const tabs: Page[] = []
      for (let i = 0; i < 7; i++) {
        const tab = await context.newPage()
        await tab.goto(server.url)
        await tab.getByText('no run yet').waitFor()
        tabs.push(tab)
        if (i < 6) await look(tab, true)
      }
      const [first, last] = [tabs[0]!, tabs[6]!]
      live.start(startOf(report))
      live.second(liveOf(report))
      expect(await last.locator('#custom tbody').textContent()).toBe('stock12,345')
      expect(await first.locator('#custom').count()).toBe(0)
      await look(first, false)
      await first.locator('#custom').waitFor()
      const ids: string[] = await first.evaluate(
        `Array.from(document.querySelectorAll('[id]'), ({ id }) => id)`,
      )
      expect(ids.filter((id, i) => ids.indexOf(id) < i)).toEqual([])
      // Another run takes the place of the first, and nothing of that is kept.
      const watched = await first.evaluate('watched')
      live.start(startOf(report))
      live.finish(report)
      await first.locator('#verdict').waitFor()
      await expect.poll(() => first.evaluate('watched'), PATIENT).toBe(watched)
    } finally {
      await context.close()
      await server.close()
    }
  })

  test('without a load: a form that tells all that is wrong, starts a run, and then another one', async ({
    expect,
  }) => {
    const serving = startCli(['--web', '0', '-w', '1', '--wait', '1s', '--no-color'])
    const { page, complaints } = await open(await urlOf(serving))
    const field = (name: string) => page.getByLabel(name, { exact: true })
    await expect.poll(() => field('Wait').inputValue(), PATIENT).toBe('1s')
    await field('Wait').fill('')
    await field('Users').fill('0')
    await field('Duration').fill('soon')
    await page.getByRole('button', { name: 'Start' }).click()
    await expect.poll(() => page.locator('#error-url').textContent(), PATIENT).toContain('is required')
    expect(await page.locator('#error-users').textContent()).toContain('must be a whole number')
    expect(await page.locator('#error-duration').textContent()).toContain('must be a duration')
    // What was emptied stays so, and is not what was said on the command line.
    expect(await field('Wait').inputValue()).toBe('')
    expect(await violations(page)).toEqual([])
    for (const users of ['3', '4']) {
      if (!(await field('URL').isVisible())) await page.locator('#start summary').click()
      await field('URL').fill(target.url)
      await field('Users').fill(users)
      await field('Duration').fill('300ms')
      await page.getByRole('button', { name: 'Start' }).click()
      await serving.says('stdout', new RegExp(`· ${users} users ·[^]*measurement: `))
      await expect.poll(() => page.locator('.facts').textContent(), PATIENT).toContain(`${users} users`)
    }
    serving.kill('SIGINT')
    const { stdout, stderr } = await serving.finished
    expect(stdout.match(/^measurement: /gm)).toHaveLength(2)
    // There was nothing to stop.
    expect(stderr).not.toContain('is stopping')
    expect(complaints).toEqual([])
  })
})
