/**
 * The report as one self-contained HTML file: the page of `src/page` with its data. Texts from servers and users are in the
 * JSON only, never in markup, and the content security policy allows only the page's own script.
 */
import type { Report } from '../../core/report/report.ts'
import { subjectOf } from '../../core/scenario/script-plan.ts'
import type { ComparisonView } from '../view/comparison-view.ts'
import { renderHtmlFile } from './html-file.ts'
import { renderJsonLine } from './json.ts'
import type { PageFiles } from './page-files.ts'
import { viewOf } from '../view/view.ts'

export const renderHtml = (report: Report, files: PageFiles): string =>
  renderPage(`corerush: ${subjectOf(report.plan)}`, viewOf(report), files)

/** The page of two runs and their comparison; see `ComparisonView`. */
export const renderComparisonHtml = (view: ComparisonView, files: PageFiles): string =>
  renderPage(`corerush compare: ${view.current.words.subject}`, view, files)

const renderPage = (title: string, view: object, { script, style }: PageFiles): string =>
  renderHtmlFile({
    title,
    style,
    script,
    body: [
      '<main id="page"></main>',
      '<noscript><p>This page needs JavaScript to show its figures.</p></noscript>',
      `<script type="application/json" id="view">${jsonInHtml(view)}</script>`,
    ],
  })

/** Renders JSON that cannot end its script element; it parses to the same value. */
const jsonInHtml = (value: object): string => renderJsonLine(value).replaceAll('<', '\\u003c')
