/** `user:password@` of a URL: taken off, and turned into the basic authorization that it stands for (RFC 7617). */

/** The URL without user, password and fragment. */
export function withoutUserinfo(url: URL): URL {
  const bare = new URL(url)
  bare.username = ''
  bare.password = ''
  bare.hash = ''
  return bare
}

/** Whether a URL has a user or a password; a password may stand alone. */
export const hasUserinfo = ({ username, password }: URL): boolean => username !== '' || password !== ''

/** The basic authorization of a URL's user and password; `undefined` if they are not encoded properly. */
export function basicAuthorization({ username, password }: URL): string | undefined {
  if (!isDecodable(username) || !isDecodable(password)) return undefined
  return `Basic ${base64(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)}`
}

/** A text as base64 of its UTF-8 bytes. */
export const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)))

/** Whether a percent-encoded text can be decoded. */
export function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}
