/** What is a secret, by the name of its header or parameter, and how texts read that hold one. */

// `author` is no secret, `authorization` is.
const SECRET = /auth(?!or(?!i[sz]))|cookie|token|secret|passw|pwd|credential|session|signature|api[-_]?key/i
export const MASK = '***'

/** Whether a header or a field of this name holds a secret. */
export const isSecretName = (name: string): boolean => SECRET.test(name)

/** A text as it may be shown that may have one of these in it, as it is or as a URL has it. */
export const withoutSecrets = (text: string, secrets: readonly string[]): string =>
  secrets
    .flatMap(formsOf)
    .sort((a, b) => b.length - a.length)
    .reduce((shown, form) => shown.replaceAll(form, MASK), text)

/** A secret as URLs have it, too: in a path and in a query other characters are encoded. */
export function formsOf(secret: string): string[] {
  const inUrl = (before: string): string => {
    const head = `http://h/${before}`
    return new URL(head + secret).href.slice(head.length)
  }
  return [secret, encodeURIComponent(secret), inUrl('x'), inUrl('?x')].filter((form) => form !== '')
}

/** The value of a header as it may be shown. */
export const redactHeader = (name: string, value: string): string => (isSecretName(name) ? MASK : value)

export const isSecretParameter = (name: string): boolean => isSecretName(name) || /^(key|sig)$/i.test(name)

/** A URL as it may be shown. Its host always is: a report has to say what was loaded. */
export function redactUrl(href: string, secrets: readonly string[] = []): string {
  const url = new URL(href)
  const userinfo = url.username === '' && url.password === '' ? '' : `${MASK}@`
  url.username = url.password = ''
  const parameters = [...url.searchParams.keys()].filter(isSecretParameter)
  for (const key of parameters) url.searchParams.set(key, MASK)
  const behindHost = url.href.slice(url.origin.length)
  return `${url.protocol}//${userinfo}${url.host}${withoutSecrets(behindHost, secrets)}`
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
