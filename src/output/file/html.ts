/**
 * The report as one self-contained HTML file: the page of `src/page` with its data. Texts from servers and users are in the
 * JSON only, never in markup, and the content security policy allows only the page's own script.
 */
import { createHash } from 'node:crypto'
import type { Report } from '../../core/report/report.ts'
import { subjectOf } from '../../core/scenario/script-plan.ts'
import type { ComparisonView } from '../view/comparison-view.ts'
import { renderJsonLine } from './json.ts'
import { escapeXml } from './junit.ts'
import type { PageFiles } from './page-files.ts'
import { viewOf } from '../view/view.ts'

export const renderHtml = (report: Report, files: PageFiles): string =>
  renderPage(`corerush: ${subjectOf(report.plan)}`, viewOf(report), files)

/** The page of two runs and their comparison; see `ComparisonView`. */
export const renderComparisonHtml = (view: ComparisonView, files: PageFiles): string =>
  renderPage(`corerush compare: ${view.current.words.subject}`, view, files)

function renderPage(title: string, view: object, { script, style }: PageFiles): string {
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escapeXml(title)}</title>`,
    `<style>${style}</style>`,
    '</head>',
    '<body>',
    '<main id="page"></main>',
    '<noscript><p>This page needs JavaScript to show its figures.</p></noscript>',
    `<script type="application/json" id="view">${jsonInHtml(view)}</script>`,
    `<script>${script}</script>`,
    '</body>',
    '</html>',
    '',
  ].join('\n')
}

/** Renders JSON that cannot end its script element; it parses to the same value. */
const jsonInHtml = (value: object): string => renderJsonLine(value).replaceAll('<', '\\u003c')

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
