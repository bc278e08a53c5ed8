/** The live page through an address beyond loopback, in a network of its own, with a real browser. */
import { expect, test } from 'vitest'
import { MAIN, start, withFolder } from '../support/cli.ts'
import { CHROMIUM, hasChromium, launchChromium, violations } from '../support/chromium.ts'
import { ADDRESS, makeNetwork, whyNoNetwork } from '../support/network.ts'

const TOKEN = 'a-token-of-the-user'

test.skipIf(!hasChromium)(
  'the token opens the page once, then a cookie does; nobody else sees or acts',
  async (context) => {
    const why = whyNoNetwork()
    if (why !== null) return context.skip(why)
    const network = await makeNetwork()
    const within = (...words: string[]) =>
      start(network.enter[0]!, [...network.enter.slice(1), process.execPath, MAIN, ...words], {
        env: { CORERUSH_WEB_TOKEN: TOKEN },
      })
    try {
      await withFolder(async (folder) => {
        const target = within('target', '--port', '0', '--host', '0.0.0.0')
        const [, url] = await target.says('stdout', /listening on (http:\S+)\n/)
        const running = within(
          '--web',
          '0',
          '--web-host',
          '0.0.0.0',
          '-u',
          '5',
          '-w',
          '1',
          '-d',
          '10m',
          '--url',
          url!.replace('0.0.0.0', ADDRESS),
        )
        const [, printed] = await running.says('stderr', /live page at (\S+), which asks for the token\n/)
        expect(new URL(printed!).hostname).toBe(ADDRESS)
        await running.says('stderr', /not encrypted: its network can read the token/)
        const browser = await launchChromium(network.wrap(folder, CHROMIUM))
        try {
          const visitor = await browser.newContext()
          const page = await visitor.newPage()
          await page.goto(printed!)
          await page.getByLabel('Token').fill('a-wrong-token-here')
          await page.getByRole('button', { name: 'Open' }).click()
          await page.getByText('that is not the token').waitFor()
          expect(await violations(page)).toEqual([])
          await page.getByLabel('Token').fill(TOKEN)
          await page.keyboard.press('Enter')
          await page.locator('#generator .sofar').waitFor()
          expect(page.url()).toBe(printed)
          await page.reload()
          await page.locator('#generator .sofar').waitFor()
          expect(await page.evaluate('document.cookie')).toBe('')
          // Another visitor has no cookie. A page on another port has it, and not the origin.
          const other = await browser.newPage()
          await other.goto(printed!)
          await other.getByLabel('Token').waitFor()
          const foreign = `fetch('${printed}stop', { method: 'POST', mode: 'no-cors', credentials: 'include' })`
          const elsewhere = await visitor.newPage()
          await elsewhere.goto(url!.replace('0.0.0.0', ADDRESS))
          await elsewhere.evaluate(`${foreign}.catch(() => null)`)
          expect(await page.locator('.status').textContent()).toMatch(/^running/)
          await page.getByRole('button', { name: 'Stop' }).click()
          expect(await running.finished).toMatchObject({ code: 130 })
        } finally {
          await browser.close()
          running.kill('SIGKILL')
          target.kill('SIGKILL')
        }
      })
    } finally {
      network.remove()
    }
  },
)
