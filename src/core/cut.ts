/** Texts of others in messages: cut, so that a message stays one that can be read. */

/** Characters of a text that a message quotes. */
export const MOST_QUOTED = 120

/** The text, or its beginning and how long all of it is. */
export const cut = (text: string, most = MOST_QUOTED): string =>
  text.length <= most
    ? text
    : `${text.slice(0, most).replace(/[\ud800-\udbff]$/, '')}… (${text.length} characters)`
