/**
 * Text as a URL. In place of `URL.canParse`, which on Node 20 refuses every text with a letter such as ü once it has been
 * called often enough to be compiled: its fast path takes Latin-1 for UTF-8.
 */

/** The URL of a text, relative to a base if there is one; `null` if it is none. */
export function parseUrl(text: string, base?: string): URL | null {
  try {
    return new URL(text, base)
  } catch {
    // No URL: the caller says what that means.
    return null
  }
}
