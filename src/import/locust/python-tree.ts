/** The syntax tree of Python. The only importer of py-ast, which esbuild bundles into the built file; its licence goes with it. */
/*!
py-ast 1.16.0, https://github.com/kriss-u/py-ast

MIT License

Copyright (c) 2025 Krishna Upadhyay

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
*/
import { parse as parsePython, type ASTNode, type ExprNode, type Module, type StmtNode } from 'py-ast'
import type { Source } from '../source.ts'

export type { ASTNode, ExprNode, Module, StmtNode } from 'py-ast'

/** A node by the name of its type. */
export type Expr<K extends ExprNode['nodeType']> = Extract<ExprNode, { nodeType: K }>
export type Stmt<K extends StmtNode['nodeType']> = Extract<StmtNode, { nodeType: K }>
export type FunctionNode = Stmt<'FunctionDef'>
export type ClassNode = Stmt<'ClassDef'>

/** What is wrong with a text that is no Python 3, and where; lines and columns from 1. */
export interface SyntaxFault {
  readonly message: string
  readonly line: number
  readonly column: number
}

/** The tree of a text, with its comments. */
export function parse({ text }: Source): Module | SyntaxFault {
  try {
    const plain = text.replace(/^\u{feff}/u, '')
    const module = parsePython(plain, { comments: true })
    return mixedIndentation(module.body, plain.split(/\r\n|[\n\r]/), '') ?? module
  } catch (error) {
    const { lineno = 1, col_offset = 0, message } = error as Error & ASTNode
    const [, what = message, line = String(lineno), found] =
      /^(.*?) at line (\d+)(?:, column (\d+))?/.exec(message) ?? []
    const column = found ?? (/string/i.test(what) ? openQuote(text, Number(line)) : col_offset)
    return openBracket(text) ?? { message: what, line: Number(line), column: Number(column) + 1 }
  }
}

/** Comments, texts and brackets. */
const TOKENS =
  /#[^\n\r]*|(?<triple>"""|''')[\s\S]*?(?:\k<triple>|$)|"(?:[^"\\\n\r]|\\[\s\S])*"|'(?:[^'\\\n\r]|\\[\s\S])*'|[()[\]{}]/g
const OPENING: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' }

/** The characters before the quote in a line that none closes. */
function openQuote(text: string, line: number): number {
  const whole = text.split(/\r\n|[\n\r]/)[line - 1] ?? ''
  const left = whole.replace(TOKENS, (token) => (/^["'#]/.test(token) ? ' '.repeat(token.length) : token))
  return Math.max(0, left.search(/["']/))
}

/** The innermost bracket that the text never closes, as Python names it; `null` if all are closed, or one by another kind. */
function openBracket(text: string): SyntaxFault | null {
  const open: { readonly bracket: string; readonly at: number }[] = []
  for (const { 0: token, index } of text.matchAll(TOKENS)) {
    if ('([{'.includes(token)) open.push({ bracket: token, at: index })
    else if (token in OPENING && open.pop()?.bracket !== OPENING[token]) return null
  }
  const last = open.at(-1)
  if (last === undefined) return null
  const before = text.slice(0, last.at).split(/\r\n|[\n\r]/)
  return {
    message: `'${last.bracket}' is never closed`,
    line: before.length,
    column: before.at(-1)!.length + 1,
  }
}

/** Python refuses blocks whose depth depends on the width of a tab: lines of one block begin alike, and as the block around it. */
function mixedIndentation(
  block: readonly StmtNode[],
  lines: readonly string[],
  around: string,
): SyntaxFault | null {
  let own: string | null = null
  for (const statement of block) {
    if (statement.nodeType === 'Comment') continue
    const before = (lines[statement.lineno - 1] ?? '').slice(0, statement.col_offset)
    // A statement behind another one, or behind a colon.
    if (before.trim() !== '') continue
    own ??= before
    if (before !== own || !before.startsWith(around))
      return {
        message: 'inconsistent use of tabs and spaces in indentation',
        line: statement.lineno,
        column: 1,
      }
    for (const inner of bodiesOf(statement)) {
      const fault = mixedIndentation(inner, lines, before)
      if (fault !== null) return fault
    }
  }
  return null
}

const bodiesOf = (statement: StmtNode): (readonly StmtNode[])[] => [
  ...('body' in statement ? [statement.body] : []),
  ...('orelse' in statement ? [statement.orelse] : []),
  ...('finalbody' in statement ? [statement.finalbody] : []),
  ...('handlers' in statement ? statement.handlers.map(({ body }) => body) : []),
]

/** Calls `visit` for every node below and including this one, parents first. */
export function walk(node: ASTNode, visit: (node: ExprNode | StmtNode) => void): void {
  visit(node as ExprNode | StmtNode)
  for (const child of childrenOf(node)) walk(child, visit)
}

export function childrenOf(node: ASTNode): ASTNode[] {
  const found: ASTNode[] = []
  for (const [key, value] of Object.entries(node) as [string, unknown][]) {
    if (key === 'ctx' || key === 'op' || key === 'ops' || key === 'inlineComment') continue
    for (const one of Array.isArray(value) ? (value as unknown[]) : [value]) if (isNode(one)) found.push(one)
  }
  return found
}

const isNode = (value: unknown): value is ASTNode =>
  typeof value === 'object' && value !== null && 'nodeType' in value

/** Whether any node below fits. */
export function some(node: ASTNode, fits: (node: ExprNode | StmtNode) => boolean): boolean {
  return fits(node as ExprNode | StmtNode) || childrenOf(node).some((child) => some(child, fits))
}

/** The text of a dotted name: `random.choice`; `null` if it is something else. */
export function dotted(node: ExprNode): string | null {
  if (node.nodeType === 'Name') return node.id
  if (node.nodeType !== 'Attribute') return null
  const before = dotted(node.value)
  return before === null ? null : `${before}.${node.attr}`
}
