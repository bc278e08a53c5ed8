/** Tables as Markdown, so that what a bench prints can be pasted into bench/README.md. */

/** A table whose first row is the heading; numbers go to the right. */
export function renderTable(rows: readonly (readonly string[])[]): string {
  const [heading = []] = rows
  const widths = heading.map((_, column) => Math.max(3, ...rows.map((row) => (row[column] ?? '').length)))
  const right = heading.map((_, column) => rows.slice(1).every((row) => /^[-–\d]/.test(row[column] ?? '')))
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, i) => (right[i] ? (row[i] ?? '').padStart(width) : (row[i] ?? '').padEnd(width))).join(' | ')} |`
  const rule = `| ${widths.map((width, i) => (right[i] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |`
  return [line(heading), rule, ...rows.slice(1).map(line)].join('\n')
}
