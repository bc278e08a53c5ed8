/** Absolute http and https URLs as users and servers write them, with a host that was really written. */
import { parseUrl } from './parsed-url.ts'

/**
 * The URL of a text; `null` if it is no absolute http or https URL. A lax parser makes a host of what follows an empty one
 * (`http:///path`, `http://${EMPTY}/path`), and drops line breaks within: a request would go to an address that was not written.
 */
export function parseHttpUrl(text: string): URL | null {
  const written = text.trim()
  if (!/^https?:\/\/[^/\\?#]/i.test(written) || /[\t\n\r]/.test(written)) return null
  const url = parseUrl(written)
  return url === null || hasEmptyLabel(url.hostname) ? null : url
}

/** Whether a location, absolute or relative, names an empty host, as `http:///path` and `///path` do. */
export const hasEmptyHost = (location: string): boolean => /^\s*(?:https?:)?[\\/]{3}/i.test(location)

/** As in `.example.com`, where something before the dot is empty. */
const hasEmptyLabel = (host: string): boolean => host.startsWith('.') || host.includes('..')
