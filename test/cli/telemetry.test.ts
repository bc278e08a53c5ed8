/** `--out otlp` on the command line. */
import { expect, test } from 'vitest'
import type { Problem } from '../../src/core/options/problem.ts'
import { parseArgv } from '../../src/cli/args.ts'
import { readOutputs } from '../../src/cli/output-flags.ts'

function read(...words: string[]) {
  const problems: Problem[] = []
  const { outputs, ownsStdout } = readOutputs(parseArgv(words), problems)
  return {
    names: outputs.map(({ name }) => name),
    ownsStdout,
    problems: problems.map(({ message }) => message),
  }
}

test('otlp with a URL, and beside other outputs; a secret in it is not shown', () => {
  expect(read('--out', 'otlp=http://me:hidden@127.0.0.1:4318?token=hidden', '-o', 'json=-')).toEqual({
    names: ['json=-', 'otlp=http://127.0.0.1:4318/v1/metrics?token=***'],
    ownsStdout: true,
    problems: [],
  })
  expect(read('--out', 'otlp').names).toHaveLength(1)
})

test.each([
  ['otlp=', 'otlp: URL must be an absolute http or https URL'],
  ['otlp=-', 'otlp: URL must be an absolute http or https URL'],
  ['otl=http://me:hidden@host', 'must be KIND=PATH, did you mean otlp?, got "***@host"'],
  ['json', 'must be KIND=PATH'],
])('--out %s is refused', (text, message) => {
  const { problems, names } = read('--out', text)
  expect(problems).toHaveLength(1)
  expect(problems[0]).toContain(message)
  expect(names).toEqual([])
})
