/** A labelled section of the summary: items after a label, as many on a line as fit. */
import { flow, type Span, type Style } from './paint.ts'

/** Columns of the labels on the left. */
const LABEL = 10

export const section = (
  label: string,
  items: readonly (string | readonly Span[])[],
  style: Style,
): string[] =>
  flow(
    [label.padEnd(LABEL), 'dim'],
    items.map((item) => (typeof item === 'string' ? [item] : item)),
    ' · ',
    style,
  )
