/** How to write for what a stream is, and for what the user said. */
import type { Style } from '../output/text/paint.ts'
import type { Command } from './command.ts'

export function styleOf(stream: NodeJS.WriteStream, { switches }: Command): Style {
  return {
    color: wantsColor(stream, switches),
    // Into a pipe or a file nothing is cut off.
    width: stream.isTTY ? Math.max(1, stream.columns || 80) : Infinity,
  }
}

/** `--color` and `--no-color` win over NO_COLOR, that over FORCE_COLOR, that over what the stream is. */
export function wantsColor(stream: NodeJS.WriteStream, switches: Command['switches']): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  const said = switches.get('color')
  if (said !== undefined) return said
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '') return FORCE_COLOR !== '0'
  return stream.isTTY && TERM !== 'dumb'
}
