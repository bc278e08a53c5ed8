/** `--out html=PATH` of commands whose only file is a page. */
import type { Problem } from '../core/options/problem.ts'
import { messageOf } from '../errors.ts'
import { FileDestination, StreamDestination, type Destination } from '../output/destination.ts'
import type { Command } from './command.ts'

/** Where the page goes; `null` without one. Adds what is wrong with it to the problems. */
export function readPage({ lists }: Command, problems: Problem[]): Destination | null {
  const [text, ...more] = lists.get('outputs') ?? []
  if (text === undefined) return null
  const path = /^html=(.+)$/s.exec(text)?.[1]
  if (path === undefined || more.length > 0) {
    problems.push({
      option: 'outputs',
      message: `must be html=PATH here, once, got ${[text, ...more].map((one) => `"${one}"`).join(' and ')}`,
    })
    return null
  }
  if (path === '-') return new StreamDestination(process.stdout)
  const page = new FileDestination(path, { stream: process.stdout, name: 'standard output' })
  try {
    page.check()
  } catch (error) {
    problems.push({ option: 'outputs', message: `html=${path}: ${messageOf(error)}` })
  }
  return page
}

/** Writes a page; returns whether it could be written. The reason why not is on stderr. */
export async function writePage(page: Destination, text: string): Promise<boolean> {
  try {
    await page.write(text)
    return true
  } catch (error) {
    process.stderr.write(`corerush: html=${page.name} ${messageOf(error)}\n`)
    return false
  }
}
