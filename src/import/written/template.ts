/** A text in which values of variables stand, and its TypeScript. */
import { quote } from '../typescript.ts'

/** An expression whose value stands in a text. */
export interface Slot {
  readonly code: string
  /** The value is text; a number has to be made one. */
  readonly isText: boolean
}

export type Template = readonly (string | Slot)[]

/** The text; `null` where it has values in it. */
export const plainText = (template: Template): string | null =>
  template.every((part) => typeof part === 'string') ? template.join('') : null

export const isPlain = (template: Template): boolean => template.every((part) => typeof part === 'string')

/** A literal, an expression, or a template literal. */
export function templateCode(template: Template): string {
  const parts = template.filter((part) => part !== '')
  const [only] = parts
  if (only === undefined) return "''"
  if (parts.length === 1 && typeof only !== 'string' && only.isText) return only.code
  const text = parts.map((part) => (typeof part === 'string' ? part : '')).join('')
  const isLong = /\n/.test(text) && !/[\r\t]/.test(text)
  if (isPlain(parts) && !isLong) return quote(text)
  const inner = parts.map((part) =>
    typeof part !== 'string' ? `\${${part.code}}` : isLong ? longText(part) : shortText(part),
  )
  return `\`${inner.join('')}\``
}

const shortText = (text: string): string =>
  quote(text).slice(1, -1).replaceAll('\\"', '"').replace(/[`$]/g, '\\$&')

/** With its line breaks as they are, for a body of several lines. */
const longText = (text: string): string =>
  text
    .split('\n')
    .map((line) => shortText(line))
    .join('\n')

/** Applies a function to the texts of a template. */
export const mapTexts = (template: Template, map: (text: string) => Template): Template =>
  template.flatMap((part) => (typeof part === 'string' ? map(part) : [part]))
