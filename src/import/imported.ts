/** The result of an import. */

/** A file that the result refers to, written beside it. */
export interface CompanionFile {
  /** Follows the name of the result: `orders.txt` and `.body-1` become `orders.txt.body-1`. */
  readonly suffix: string
  readonly bytes: Uint8Array
}

export interface Imported {
  /** A scenario file, a targets file, or a command line. */
  readonly kind: 'scenario' | 'targets' | 'command'
  readonly text: string
  readonly companions: readonly CompanionFile[]
  /** What a user must know about it, a line each: figures first, then what was left out or changed. */
  readonly notes: readonly string[]
}

/** The part of a text that follows the name of a result's file where it refers to a companion. */
export const COMPANION = '\u{f8ff}'
