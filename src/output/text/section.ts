/** A labelled section of the summary: a label, then its items, wrapped to the width. */
import { flow, type Span, type Style } from './paint.ts'

/** Width of the label column. */
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
