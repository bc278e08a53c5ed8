/** `pathlib.Path`, to read files. */
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { str, TEXT } from './value.ts'

export class Path {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  get name(): string {
    return basename(this.#path)
  }

  get stem(): string {
    return basename(this.#path, this.suffix)
  }

  get suffix(): string {
    return extname(this.#path)
  }

  get parent(): Path {
    return new Path(dirname(this.#path))
  }

  read_text(): string {
    return readFileSync(this.#path, 'utf8')
  }

  read_bytes(): Uint8Array {
    return readFileSync(this.#path)
  }

  exists(): boolean {
    return existsSync(this.#path)
  }

  resolve(): Path {
    return new Path(resolve(this.#path))
  }

  over(other: unknown): Path {
    const more = str(other)
    return new Path(more.startsWith('/') ? more : join(this.#path, more))
  }

  [TEXT](): string {
    return this.#path
  }
}

/** `Path(a, b)`. */
export const path = (...parts: readonly any[]): Path =>
  parts.slice(1).reduce<Path>((whole, one) => whole.over(one), new Path(str(parts[0] ?? '.')))
