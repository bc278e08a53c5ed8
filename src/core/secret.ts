/** What is a secret, by the name of its header or parameter, and how texts read that hold one. */

// `author` is no secret, `authorization` is.
const SECRET = /auth(?!or(?!i[sz]))|cookie|token|secret|passw|pwd|credential|session|signature|api[-_]?key/i
export const MASK = '***'

/** Whether a header or a field of this name holds a secret. */
export const isSecretName = (name: string): boolean => SECRET.test(name)

/** The value of a header as it may be shown. */
export const redactHeader = (name: string, value: string): string => (isSecretName(name) ? MASK : value)

export const isSecretParameter = (name: string): boolean => isSecretName(name) || /^(key|sig)$/i.test(name)

/** A URL as it may be shown. */
export function redactUrl(href: string): string {
  const url = new URL(href)
  const secrets = [...url.searchParams.keys()].filter(isSecretParameter)
  if (secrets.length === 0) return href
  for (const key of secrets) url.searchParams.set(key, MASK)
  return url.href
}

/**
 * A text that may be no URL at all, as a complaint about it may quote it. A password may hold anything, `/` and `@` too, so
 * all before the last `@` is taken for one.
 */
export const redactUrlText = (text: string): string =>
  text
    .replace(/^([a-z][a-z\d+.-]*:\/\/)?.*@/is, `$1${MASK}@`)
    .replace(/([?&#]([^=&#]*)=)[^&#]*/g, (whole, head: string, name: string) =>
      isSecretParameter(name) ? head + MASK : whole,
    )
