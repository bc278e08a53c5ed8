/** Each block of TypeScript in the documents about scenarios compiles as it stands. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const blocks = ['SCENARIOS', 'FROM-LOCUST'].flatMap((name) => {
  const text = readFileSync(join(ROOT, 'docs', `${name}.md`), 'utf8')
  return [...text.matchAll(/```ts\n([^]*?)```/g)].map((match) => ({
    // Beside the examples, for the package resolves itself from there.
    file: join(ROOT, 'examples', `${name}-${text.slice(0, match.index).split('\n').length + 1}.ts`),
    code: match[1]!,
  }))
})

test('the code of the documents compiles under strict', () => {
  expect(blocks.length).toBeGreaterThan(10)
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => readFileSync(path, 'utf8')) as {
    config: { compilerOptions: object }
  }
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT)
  // A block shows what it is about, and need not use all that it makes.
  const loose = { ...options, incremental: false, noUnusedLocals: false }
  const host = ts.createCompilerHost(loose)
  const codes = new Map(blocks.map(({ file, code }) => [file, code]))
  const plain = ts.createCompilerHost(loose)
  host.fileExists = (path) => codes.has(path) || plain.fileExists(path)
  host.readFile = (path) => codes.get(path) ?? plain.readFile(path)
  host.getSourceFile = (path, language, ...rest) => {
    const code = codes.get(path)
    return code === undefined
      ? plain.getSourceFile(path, language, ...rest)
      : ts.createSourceFile(path, code, language)
  }
  const program = ts.createProgram([...codes.keys()], loose, host)
  const problems = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const place =
      file === undefined
        ? ''
        : `${file.fileName.slice(ROOT.length)}:${file.getLineAndCharacterOfPosition(start!).line + 1} `
    return place + ts.flattenDiagnosticMessageText(messageText, ' ')
  })
  expect(problems).toEqual([])
}, 60_000)
