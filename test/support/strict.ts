/** What a strict compiler and prettier say of files that were written for users. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { check } from 'prettier'
import ts from 'typescript'

export async function strictFaults(files: readonly string[]): Promise<string[]> {
  const dist = fileURLToPath(new URL('../../dist/', import.meta.url))
  const program = ts.createProgram(files, {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2023,
    lib: ['lib.es2023.d.ts'],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    types: ['node'],
    typeRoots: [fileURLToPath(new URL('../../node_modules/@types', import.meta.url))],
    paths: { corerush: [join(dist, 'index.d.ts')], 'corerush/python': [join(dist, 'python.d.ts')] },
  })
  const faults = ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const { line } = file?.getLineAndCharacterOfPosition(start) ?? { line: 0 }
    return `${file?.fileName.split('/').at(-1)}:${line + 1}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
  })
  for (const file of files)
    if (
      !(await check(readFileSync(file, 'utf8'), {
        parser: 'babel-ts',
        semi: false,
        singleQuote: true,
        printWidth: 110,
      }))
    )
      faults.push(`${file} is not formatted`)
  return faults
}
