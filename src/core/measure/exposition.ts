/** The text format of Prometheus exporters: the part that a page of numbers needs. */

/** One value: `name{label="…"} 1.5`. */
export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?\s*$/
const LABEL = /(?<!\w)([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g
const ESCAPED: Readonly<Record<string, string>> = { n: '\n' }

/** The samples of a page whose names are wanted; comments, and lines that are none of the format, are left out. */
export function parseExposition(page: string, isWanted: (name: string) => boolean): Sample[] {
  const samples: Sample[] = []
  for (const line of page.split('\n')) {
    if (line.startsWith('#')) continue
    const match = LINE.exec(line)
    if (match === null || !isWanted(match[1]!)) continue
    const value = Number(match[3])
    // `+Inf` and `NaN` are values of the format, and none that a vital can be computed from.
    if (!Number.isFinite(value)) continue
    const labels: Record<string, string> = {}
    for (const [, key, text] of (match[2] ?? '').matchAll(LABEL))
      labels[key!] = text!.replace(/\\(.)/g, (_, char: string) => ESCAPED[char] ?? char)
    samples.push({ name: match[1]!, labels, value })
  }
  return samples
}
