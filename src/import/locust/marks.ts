/** The statements that could not be translated, and how many lines could. */
import { walk, type StmtNode } from './python-tree.ts'

export class Marks {
  readonly #lines: readonly string[]
  readonly #marked = new Set<number>()
  readonly #reasons = new Map<string, number>()

  constructor(lines: readonly string[]) {
    this.#lines = lines
  }

  /** A statement that throws, with the Python as a comment above it. */
  mark(statement: StmtNode, reason: string): string {
    const from = statement.lineno
    const to = Math.max(from, lastLine(statement))
    for (let line = from; line <= to; line++) this.#marked.add(line)
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1)
    const python = this.#lines.slice(from - 1, to)
    const indent = Math.min(
      ...python.filter((one) => one.trim() !== '').map((one) => /^\s*/.exec(one)![0].length),
    )
    const comment = python.map((one) => `// ${one.slice(indent)}`.trimEnd()).join('\n')
    return `${comment}\npy.notTranslated(${JSON.stringify(`line ${from}: ${reason}`)})`
  }

  /** What came of the lines that are neither empty nor comments. */
  summary(): {
    readonly translated: number
    readonly marked: number
    readonly reasons: readonly (readonly [string, number])[]
  } {
    const isCode = (line: string): boolean => line.trim() !== '' && !line.trim().startsWith('#')
    const all = this.#lines.filter(isCode).length
    const marked = [...this.#marked].filter((line) => isCode(this.#lines[line - 1] ?? '')).length
    return { translated: all - marked, marked, reasons: [...this.#reasons].sort(([, a], [, b]) => b - a) }
  }
}

function lastLine(statement: StmtNode): number {
  let last = statement.end_lineno ?? statement.lineno
  walk(statement, (node) => {
    last = Math.max(last, (node as { end_lineno?: number }).end_lineno ?? 0)
  })
  return last
}
