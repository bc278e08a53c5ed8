/** The page of a report as the build left it, and reports that make every part of it show something. */
import type { Options } from '../../src/core/options/options.ts'
import type { Report, RunFacts } from '../../src/core/report/report.ts'
import { renderHtml } from '../../src/output/file/html.ts'
import { readComparisonFiles, readLiveFiles, readPageFiles } from '../../src/output/file/page-files.ts'
import { planOf, reportOf, type Second } from './reports.ts'

const FOLDER = new URL('../../dist/page/', import.meta.url)
export const PAGE_FILES = readPageFiles(FOLDER)
export const LIVE_FILES = readLiveFiles(FOLDER)
export const COMPARE_FILES = readComparisonFiles(FOLDER)

export const page = (report: Report): string => renderHtml(report, PAGE_FILES)

/** What a hostile server could say. */
export const EVIL = `</script><script>document.title = 'owned'</script><!-- <img src=x onerror=alert(1)> ##[error] \u2028`

/** `names` requests over `seconds`, the later names the slower; each tenth second one of them fails. */
export function longReport(
  names: readonly string[],
  seconds: number,
  options: Options = {},
  facts: Partial<RunFacts> = {},
): Report {
  const rows: Second[] = []
  for (let second = 0; second < seconds; second++)
    for (const worker of [0, 1])
      rows.push({
        worker,
        second,
        utilization: second === 3 && worker === 1 ? 0.99 : 0.25,
        ok: Object.fromEntries(
          names.map((name, i) => [name, [5 + i, 6 + i, second === 7 ? 900 : 7 + i]] as const),
        ),
        failures: second % 10 === 4 && worker === 0 ? [[names[0]!, 'status', EVIL, 2]] : [],
      })
  return reportOf(planOf({ duration: `${seconds}s`, users: 100, ...options }), rows, facts)
}
