/**
 * The site of the documentation: README, docs/, the benches and the changelog, with a search that needs no service.
 * `npm --prefix docs/.vitepress run build` makes docs/.vitepress/dist; a dead link fails it.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitepress'

const HERE = fileURLToPath(import.meta.url)
/** Address of the sources, such as https://github.com/OWNER/corerush; the workflow knows it. */
const sources = process.env['SITE_SOURCES'] ?? ''
const PAGES = { 'README.md': 'index.md', 'bench/README.md': 'bench.md' }
/** Whether a path in the repository is a page of the site. */
const isPage = (/** @type {string} */ path) =>
  path in PAGES || /^(docs\/(decisions\/)?|)[\w.-]+\.md$/.test(path)

/** The pages of docs/ by their groups; a page in none of them stands in the last. */
const GROUPS = {
  Use: ['FLAGS', 'CONFIG', 'SCENARIOS', 'TEMPLATES', 'IMPORT', 'FROM-LOCUST', 'LIBRARY'],
  Read: [
    'READING',
    'MEASUREMENT',
    'OUTPUTS',
    'WEB',
    'TELEMETRY',
    'COMPARING',
    'FIND',
    'DOCTOR',
    'EXIT-CODES',
  ],
  Run: ['CI', 'CONTAINER'],
}
const docs = fileURLToPath(new URL('..', import.meta.url))
const namesIn = (/** @type {string} */ folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => name.slice(0, -'.md'.length))
const page = (/** @type {string} */ name) => {
  const [, title] = /^# (.+)$/m.exec(readFileSync(`${docs}/${name}.md`, 'utf8'))
  return { text: title, link: `/${name}` }
}
const grouped = Object.values(GROUPS).flat()
const others = namesIn(docs).filter((name) => !grouped.includes(name))
const decisions = namesIn(`${docs}/decisions`).map((name) => page(`decisions/${name}`))

export default defineConfig({
  title: 'corerush',
  description: 'An HTTP load generator that uses every core and judges its own measurement',
  base: process.env['SITE_BASE'] ?? '/',
  srcDir: '..',
  srcExclude: ['**/node_modules/**', 'test/**', 'examples/**', 'dist/**', 'perf-results/**'],
  rewrites: (id) => PAGES[id] ?? id.replace(/^docs\//, ''),
  cleanUrls: true,
  // Pages lie outside of this folder, and find no Vue from there.
  vite: {
    plugins: [
      {
        name: 'vue-of-this-folder',
        enforce: 'pre',
        resolveId(id, importer, options) {
          if (!/^vue(\/|$)/.test(id)) return null
          // Pages are rendered by this folder's Vue, which Node finds; the browser's is bundled.
          return options.ssr ? { id, external: true } : this.resolve(id, HERE, { ...options, skipSelf: true })
        },
      },
    ],
  },
  // The same text is read on GitHub, where braces have no meaning.
  markdown: {
    config(md) {
      md.core.ruler.push('no-interpolation', ({ tokens }) => {
        for (const [i, { type, content }] of tokens.entries())
          if (type === 'inline' && content.includes('{{'))
            tokens
              .slice(0, i)
              .findLast(({ nesting, hidden }) => nesting === 1 && !hidden)
              .attrSet('v-pre', '')
      })
      // Links to files that are no pages lead to the sources.
      const open =
        md.renderer.rules.link_open ??
        ((tokens, i, options, env, self) => self.renderToken(tokens, i, options))
      md.renderer.rules.link_open = (tokens, i, options, env, self) => {
        const href = tokens[i].attrGet('href') ?? ''
        const [path, hash = ''] = href.split('#')
        if (path !== '' && !/^[a-z]+:/.test(path)) {
          const file = posix.join(posix.dirname(env.relativePath), path)
          if (!isPage(file))
            tokens[i].attrSet(
              'href',
              sources === '' ? '#' : `${sources}/blob/main/${file}${hash && `#${hash}`}`,
            )
        }
        return open(tokens, i, options, env, self)
      }
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    socialLinks: sources === '' ? [] : [{ icon: 'github', link: sources }],
    nav: [
      { text: 'Start', link: '/' },
      { text: 'Flags', link: '/FLAGS' },
      { text: 'Changes', link: '/CHANGELOG' },
    ],
    sidebar: [
      { text: 'Start', link: '/' },
      ...Object.entries(GROUPS).map(([text, names]) => ({ text, items: names.map(page) })),
      {
        text: 'More',
        items: [
          ...others.map(page),
          { text: 'Benches', link: '/bench' },
          { text: 'Contributing', link: '/CONTRIBUTING' },
        ],
      },
      { text: 'Decisions', collapsed: true, items: decisions },
    ],
  },
})
