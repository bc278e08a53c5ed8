/** Text on a terminal: width, clipping, colour. */
import pc from 'picocolors'
import stringWidth from 'string-width'

/** How to render text. */
export interface Style {
  readonly color: boolean
  /** Columns available; `Infinity` if lines are not limited. */
  readonly width: number
}

export type Paint = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** A piece of a line in one colour. */
export type Span = string | readonly [text: string, ...paints: Paint[]]

/** One line of spans, cut off with `…` where it would not fit. */
export function renderLine(spans: readonly Span[], { color, width }: Style): string {
  const colors = pc.createColors(color)
  let line = ''
  let left = width
  const rest = spans.map((span) => (typeof span === 'string' ? span : span[0]))
  for (const [i, span] of spans.entries()) {
    if (left <= 0) break
    const text = printable(rest[i]!)
    const wide = stringWidth(text)
    const isLast = rest.slice(i + 1).every((next) => next === '')
    const fits = wide < left || (wide === left && isLast)
    // A span that just fits is clipped, too, if more follows.
    const shown = fits ? text : clip(`${text}…`, left)
    left = fits ? left - wide : 0
    let painted = shown
    if (typeof span !== 'string')
      for (const paint of span.slice(1) as Paint[]) painted = colors[paint](painted)
    line += painted
  }
  return line
}

/**
 * A label and its items, wrapped between items; continuation lines are indented to the label's width. An item wider than
 * the line is clipped.
 */
export function flow(label: Span, items: readonly (readonly Span[])[], gap: string, style: Style): string[] {
  const textOf = (span: Span): string => (typeof span === 'string' ? span : span[0])
  const wide = (spans: readonly Span[]): number =>
    spans.reduce((sum, span) => sum + stringWidth(printable(textOf(span))), 0)
  const indent = stringWidth(textOf(label))
  const lines: Span[][] = [[label]]
  let used = indent
  for (const [i, item] of items.entries()) {
    const needed = wide(item)
    const line = lines.at(-1)!
    if (i > 0 && used + gap.length + needed > style.width) {
      lines.push([' '.repeat(Math.min(indent, Math.max(0, style.width - needed))), ...item])
      used = indent + needed
    } else {
      line.push(...(i > 0 ? [gap] : []), ...item)
      used += (i > 0 ? gap.length : 0) + needed
    }
  }
  return lines.map((spans) => renderLine(spans, style))
}

/** Clips text to `width` columns; ends in `…` if anything was cut. */
export function clip(text: string, width: number): string {
  if (stringWidth(text) <= width) return text
  let clipped = ''
  let used = 0
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    const wide = stringWidth(segment)
    if (used + wide > width - 1) break
    clipped += segment
    used += wide
  }
  return width > 0 ? `${clipped}…` : ''
}

/** Pads text to `width` columns. */
export function pad(text: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, width - stringWidth(text)))
  return align === 'left' ? text + space : space + text
}

export const widthOf = (text: string): number => stringWidth(text)

/**
 * Replaces control characters, bidirectional overrides, and what a GitHub Actions runner takes for a command: `##[`
 * anywhere in a line, `::` at its beginning.
 */
export const printable = (text: string): string =>
  text
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '�')
    .replaceAll('##[', '#�[')
    .replace(/^(\s*:):/, '$1�')

/** A horizontal bar of `width` cells for a share from 0 to 1, with eighths. */
export function bar(share: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8)
  const full = '█'.repeat(Math.floor(eighths / 8))
  const part = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8]!
  return (full + part).padEnd(width, '·')
}
