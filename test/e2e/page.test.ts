/** The HTML report in a real browser: headless Chromium, started once. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { tmpdir } from 'node:os'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultRules } from '../../src/core/threshold/relative-rule.ts'
import type { Report } from '../../src/core/report/report.ts'
import { compareReports } from '../../src/core/compare/run-comparison.ts'
import { partsOf } from '../../src/core/request/row.ts'
import { showCount, showMs, showPercent, showRate } from '../../src/core/units.ts'
import { comparisonViewOf } from '../../src/output/view/comparison-view.ts'
import { renderComparisonHtml } from '../../src/output/file/html.ts'
import { hasChromium, launchChromium, violations } from '../support/chromium.ts'
import { COMPARE_FILES, EVIL, longReport, page as pageOf } from '../support/page.ts'
import { planOf, reportOf } from '../support/reports.ts'

const NAMES = ['GET /slow', 'GET /fast', '__proto__', `<b>${'x'.repeat(300)}</b>`]
const OPTIONS = { warmup: '3s', thresholds: ['p99 < 2s', 'p50 < 1ms'], captureSlowest: 2, trace: 5 }
const TRACE_URL = 'http://traces.test/{traceId}?from=corerush'
const SLOW = {
  ...{ name: EVIL, method: 'GET', url: 'http://h/', worker: 0, user: 3, dueS: 4, sentS: 4, doneS: 5 },
  ...{
    latencyMs: 1000,
    blockedMs: null,
    dnsMs: null,
    connectMs: 2,
    tlsMs: null,
    firstByteMs: 900,
    status: 200,
  },
}
const REPORT: Report = {
  ...longReport(NAMES, 30, { ...OPTIONS, traceUrl: TRACE_URL }),
  slowest: [
    { ...SLOW, outcome: 'ok', traceId: 'ab'.repeat(16) },
    { ...SLOW, outcome: 'ok', traceId: null },
  ],
}

describe.skipIf(!hasChromium)('the HTML report', () => {
  let browser: Browser
  const folder = mkdtempSync(join(tmpdir(), 'corerush-page-'))
  const complaints: string[] = []

  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser.close()
    rmSync(folder, { recursive: true })
  })

  /** Opens a report; whatever the browser complains of, or asks the network for, is kept. */
  const open = (name: string, report: Report, page?: Page): Promise<Page> =>
    openText(name, pageOf(report), page)

  async function openText(name: string, html: string, page?: Page): Promise<Page> {
    const file = join(folder, `${name}.html`)
    writeFileSync(file, html)
    const url = pathToFileURL(file).href
    if (page === undefined) {
      page = await browser.newPage({ colorScheme: 'light', offline: true })
      page.on('console', (message) => complaints.push(message.text()))
      page.on('pageerror', (error) => complaints.push(String(error)))
      page.on('request', (request) => {
        if (!request.url().startsWith('file:')) complaints.push(request.url())
      })
    }
    await page.goto(url)
    await page.locator('footer').waitFor()
    return page
  }

  test('shows the figures of the report, sorts, drills down, and is silent', async () => {
    const page = await open('report', REPORT)
    const { total, verdict } = REPORT
    const key = (name: string): Promise<string | null> => page.locator(`[data-key=${name}]`).textContent()
    expect(await key('requests')).toBe(showCount(total.finished + total.unfinished))
    expect(await key('rate')).toBe(showRate(total.requestsPerS))
    expect(await key('failed')).toBe(showPercent(total.failedRatio))
    expect(await key('p50')).toContain(showMs(total.latencyMs.p50))
    expect(await key('p99')).toContain(showMs(total.latencyMs.p99))
    expect(await key('max')).toBe(showMs(total.latencyMs.max))
    expect(await page.locator('#verdict strong').textContent()).toBe(verdict.level)
    for (const { code, message } of verdict.reasons) {
      expect((await page.locator('.reasons').textContent())!.toLowerCase()).toContain(message.toLowerCase())
      expect(await page.locator('.reasons').textContent()).toContain(code)
    }
    expect(await page.locator('#thresholds tbody tr').count()).toBe(REPORT.thresholds.length)

    const links = page.locator('#kept tbody a')
    expect(await links.count()).toBe(1)
    expect(await links.getAttribute('href')).toBe(`http://traces.test/${'ab'.repeat(16)}?from=corerush`)
    // What the server said is text, and nothing else.
    expect(await page.locator('#failures').textContent()).toContain(EVIL.slice(0, 60))
    expect(await page.title()).toContain('corerush: ')
    expect(await page.locator('main img, main b:not(.made b), main script').count()).toBe(0)

    const names = page.locator('#requests tbody th')
    const nameOf = (row: string): string => partsOf(row).name
    expect(await names.allTextContents()).toEqual(Object.keys(REPORT.byName).map(nameOf))
    const byP50 = Object.entries(REPORT.byName)
      .sort(([, a], [, b]) => b.latencyMs.p50! - a.latencyMs.p50!)
      .map(([name]) => nameOf(name))
    await page.locator('#requests thead').getByRole('button', { name: 'p50' }).click()
    expect(await names.allTextContents()).toEqual(byP50)
    expect(await page.locator('[aria-sort=descending]').textContent()).toBe('p50')
    await page.locator('#requests thead').getByRole('button', { name: 'p50' }).click()
    expect(await names.allTextContents()).toEqual(byP50.toReversed())

    // By keyboard alone: choose a name, then read a chart.
    await page.locator('#requests tbody button', { hasText: '/fast' }).focus()
    await page.keyboard.press('Enter')
    expect(await page.locator('#chosen').inputValue()).toBe('=GET /fast')
    expect(await page.locator('#chart-latency .note').textContent()).toContain('GET /fast')
    const chart = page.locator('#chart-latency [role=slider]')
    await chart.focus()
    await page.keyboard.press('End')
    const last = REPORT.timeline.at(-1)!.byName['GET /fast']!
    expect(await chart.getAttribute('aria-valuetext')).toContain(`p50 ${showMs(last.latencyMs.p50)}`)
    expect(await page.locator('#chart-lag .where').textContent()).toBe('0:29')
    await page.locator('#chart-latency summary').click()
    // The browser tells of the opening a moment later.
    await expect.poll(() => page.locator('#chart-latency tbody tr').count()).toBe(REPORT.timeline.length)
    await page.locator('#chart-latency summary').click()

    expect(await violations(page)).toEqual([])
    await page.getByText('dark', { exact: true }).click()
    // Only colours have changed.
    expect(await violations(page, 'color-contrast')).toEqual([])
    await page.setViewportSize({ width: 390, height: 800 })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
    expect(complaints).toEqual([])
  })

  test('of two reports: the answer first, both verdicts, figures side by side, lines over each other', async () => {
    const slower = longReport(['GET /fast', 'GET /new'], 40, { warmup: '3s' })
    const comparison = compareReports([REPORT], [slower], defaultRules(0.05), false)
    const html = renderComparisonHtml(
      comparisonViewOf(
        { source: 'base.json', report: REPORT },
        { source: EVIL, report: slower },
        comparison,
        ['compared anyway'],
      ),
      COMPARE_FILES,
    )
    const page = await openText('compare', html)
    expect(await page.locator('main > :nth-child(2) strong').textContent()).toBe(comparison.answer)
    expect(await page.locator('#answer tbody td').last().textContent()).toBe(comparison.metrics[0]!.answer)
    for (const [of, { verdict }] of Object.entries({ baseline: REPORT, current: slower }))
      expect(await page.locator(`#verdict-${of} strong`).textContent()).toBe(verdict.level)
    const p99 = page.locator('#differences tr', { hasText: 'latency p99' }).first()
    const figures = await p99.locator('td').allTextContents()
    expect(figures.slice(0, 2)).toEqual(
      [REPORT, slower].map(({ total }) => `~${showMs(total.latencyMs.p99)}`),
    )
    expect(await page.locator('#chart-p50 canvas').count()).toBe(1)

    // One that both have can be chosen; the shorter run says nothing of the seconds that it did not have.
    expect(await page.locator('#requests tbody button').allTextContents()).toEqual(['GET /fast'])
    await page.locator('#requests tbody button').click()
    const chart = page.locator('#chart-p50 [role=slider]')
    await chart.focus()
    await page.keyboard.press('End')
    const last = slower.timeline.at(-1)!.byName['GET /fast']!
    expect(await chart.getAttribute('aria-valuetext')).toContain(
      `baseline –, current ${showMs(last.latencyMs.p50)}`,
    )
    expect((await page.locator('main').allTextContents()).join()).not.toMatch(/NaN|undefined|Infinity|null/)
    expect(await violations(page)).toEqual([])
    await page.setViewportSize({ width: 390, height: 800 })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
    expect(complaints).toEqual([])
  })

  const EDGES: Record<string, Report> = {
    'no request at all': reportOf(planOf(), []),
    'nothing that succeeded': longReport(['a'], 1, {}, { stoppedBy: 'SIGINT' }),
    'a void run': longReport(['a'], 3, {}, { lostWorkers: [{ worker: 1, second: 3, message: EVIL }] }),
    'an open model': longReport(['a'], 3, { users: undefined, wait: undefined, rate: '100/s' }),
    'metrics of a scenario': {
      ...longReport(['a'], 3),
      custom: {
        sold: { kind: 'counter', sum: 1234.5 },
        basket: { kind: 'trend', count: 3, ...longReport(['a'], 3).total.latencyMs, p99: null },
      },
    },
    '200 names and 10 kB of error': (() => {
      const report = longReport(
        Array.from({ length: 200 }, (_, i) => `GET /${i}`),
        5,
      )
      return { ...report, errors: report.errors.map((error) => ({ ...error, message: 'y'.repeat(10_000) })) }
    })(),
  }

  test('whatever the run was, the page is whole', async () => {
    let page: Page | undefined
    for (const [name, report] of Object.entries(EDGES)) {
      page = await open(name.replaceAll(' ', '-'), report, page)
      expect(await page.locator('main > section, .judged > section').count(), name).toBeGreaterThanOrEqual(7)
      const texts = await page.locator('section:not(#setup)').allTextContents()
      expect(texts.join('\n'), name).not.toMatch(/NaN|undefined|Infinity|null/)
      if (report.timeline.length > 0) expect(await page.locator('#chart-rate canvas').count(), name).toBe(1)
      if (Object.keys(report.custom).length > 0)
        expect(await page.locator('#custom tbody').textContent()).toMatch(/sold1,234\.5.*basket3.*n\/a/)
      if (report.total.finished === 0) expect(await page.locator('[data-key=p99]').textContent()).toBe('n/a')
    }
    expect(complaints).toEqual([])
  })
})
