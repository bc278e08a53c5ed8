/** Texts of others in messages: cut, so that a message stays one that can be read. */

/** Characters of a text that a message quotes. */
export const MOST_QUOTED = 120

/** Characters of a whole message; what is longer quotes too much. */
const MOST_SAID = 1000
/** Lines of a list of problems. */
const MOST_LINES = 20

/** The text, or its beginning and how long all of it is. */
export const cut = (text: string, most = MOST_QUOTED): string =>
  text.length <= most
    ? text
    : `${text.slice(0, most).replace(/[\ud800-\udbff]$/, '')}… (${text.length} characters)`

/** A message whose quoted texts are cut, and itself where it is still too long. */
export const cutMessage = (message: string): string =>
  cut(
    message.replace(/"([^"]*)"/g, (quoted, text: string) =>
      text.length <= MOST_QUOTED ? quoted : `"${cut(text)}"`,
    ),
    MOST_SAID,
  )

/** The first lines of a list of problems, each cut, and how many more there are. */
export function cutLines(lines: readonly string[]): string[] {
  const shown = lines.slice(0, MOST_LINES).map(cutMessage)
  const more = lines.length - shown.length
  return more === 0 ? shown : [...shown, `and ${more} more`]
}
