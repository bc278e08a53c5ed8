/** The report as JSON: all of it, in one object. */
import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Report } from '../core/report.ts'
import { messageOf } from '../errors.ts'
import type { Output, Screen } from './output.ts'

/** One line without line breaks within, ending in one. */
export const renderJson = (report: Report): string => `${JSON.stringify(report)}\n`

/** Writes the report to a file, whole or not at all. What can't be written goes to `fallback` instead, and throws. */
export class JsonFile implements Output {
  readonly name: string
  readonly #path: string
  readonly #fallback: Screen

  constructor(path: string, fallback: Screen) {
    this.name = `json=${path}`
    this.#path = path
    this.#fallback = fallback
  }

  check(): void {
    if (existsSync(this.#path) && statSync(this.#path).isDirectory()) throw new Error('is a folder')
    const folder = dirname(this.#path)
    if (!existsSync(folder) || !statSync(folder).isDirectory())
      throw new Error(`cannot be written: there is no folder ${folder}`)
    try {
      accessSync(existsSync(this.#path) ? this.#path : folder, constants.W_OK)
    } catch (error) {
      throw new Error(`cannot be written: ${messageOf(error)}`, { cause: error })
    }
  }

  finish(report: Report): void {
    const json = renderJson(report)
    try {
      this.#write(json)
    } catch (error) {
      this.#fallback.write(json)
      throw new Error(`could not be written, and went to standard output instead: ${messageOf(error)}`, {
        cause: error,
      })
    }
  }

  /** Beside the file and then over it, so that it is never half a report; a link stays, a device or a pipe is written to. */
  #write(json: string): void {
    const path = behindLinks(this.#path)
    if (existsSync(path) && !(statSync(path).isFile() && isWritable(dirname(path)))) {
      writeFileSync(path, json)
      return
    }
    const part = `${path}.${process.pid}.part`
    try {
      writeFileSync(part, json, { flush: true })
      renameSync(part, path)
    } finally {
      rmSync(part, { force: true })
    }
  }
}

/** The file that a path stands for, were it a link to one that does not exist yet. */
function behindLinks(path: string): string {
  if (existsSync(path)) return realpathSync(path)
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
  return isLink ? resolve(dirname(path), readlinkSync(path)) : path
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** Writes the report to a stream. */
export class JsonStream implements Output {
  readonly name = 'json=-'
  readonly #stream: Screen

  constructor(stream: Screen) {
    this.#stream = stream
  }

  finish(report: Report): void {
    this.#stream.write(renderJson(report))
  }
}
