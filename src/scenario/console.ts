/** Takes what the code of a scenario file writes to the console. */
import { formatWithOptions } from 'node:util'
import type { LogLevel } from '../core/measure/task-log.ts'

/** Receives what was written; `text` makes the text, which costs more than to drop it. */
export type Written = (level: LogLevel, text: () => string) => void

const LEVELS = ['debug', 'info', 'log', 'warn', 'error'] as const

/** The console of this thread, whose functions are replaced. */
const shared = globalThis.console as Record<(typeof LEVELS)[number], (...given: unknown[]) => void>

/** Passes on what is written by `console.log` and the like until the function that it returns is called. */
export function captureConsole(written: Written): () => void {
  const originals = LEVELS.map((level) => [level, shared[level]] as const)
  for (const level of LEVELS)
    shared[level] = (...given) => written(level, () => formatWithOptions({ colors: false }, ...given))
  return () => {
    for (const [level, original] of originals) shared[level] = original
  }
}

/** Passes on what is written to the standard streams of this thread, by the other functions of the console as well. */
export function captureStreams(written: Written): void {
  for (const [stream, level] of [
    [process.stdout, 'log'],
    [process.stderr, 'error'],
  ] as const)
    stream.write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
      written(level, () =>
        (typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString()).replace(/\n$/, ''),
      )
      const done = rest.find((one) => typeof one === 'function')
      if (done !== undefined) process.nextTick(done)
      return true
    }
}
