/** Words of TypeScript: literals, properties and names. */

export const quote = (text: string): string => JSON.stringify(text)

/** The property of an object literal. */
export const property = (name: string): string =>
  name !== '__proto__' && /^[A-Za-z_$][\w$]*$/.test(name)
    ? name
    : name === '__proto__'
      ? '["__proto__"]'
      : quote(name)

/** An access by name. */
export const member = (object: string, name: string): string =>
  /^[A-Za-z_$][\w$]*$/.test(name) ? `${object}.${name}` : `${object}[${quote(name)}]`

/** Words that are no names of variables. */
export const RESERVED: ReadonlySet<string> = new Set(
  'arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof undefined var void while with yield async of'.split(
    ' ',
  ),
)

/** Text within a template. */
export const templateText = (text: string): string =>
  quote(text).slice(1, -1).replaceAll('\\"', '"').replace(/[`$]/g, '\\$&')
