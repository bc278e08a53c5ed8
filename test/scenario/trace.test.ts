/** The calls that led to an error, as far as they are in files of the user. */
import { expect, test } from 'vitest'
import { fileURLToPath } from 'node:url'
import { traceOf } from '../../src/scenario/file.ts'

const OWN = fileURLToPath(new URL('../../src/worker/scenario/script-user.ts', import.meta.url))
const thrown = (...lines: string[]): unknown => ({
  stack: ['Error: at home (it.ts:1:2)', ...lines].join('\n'),
})

test('calls of corerush, of node and of packages are left out, and the message too', () => {
  const error = thrown(
    '    at pay (/home/me/lib/pay.ts:2:24)',
    `    at buy (${process.cwd()}/shop.ts:4:8)`,
    '    at file:///home/me/other.mjs:1:1',
    '    at parse (/home/me/node_modules/x/index.js:1:1)',
    `    at ScriptUser.#run (${OWN}:40:1)`,
    '    at process.processTicksAndRejections (node:internal/process/task_queues:82:21)',
  )
  expect(traceOf(error)).toBe(
    'at pay (/home/me/lib/pay.ts:2:24)\nat buy (shop.ts:4:8)\nat /home/me/other.mjs:1:1',
  )
})

test('what is no error, or hides its stack, has none; one of a deep recursion is cut', () => {
  for (const one of [
    'text',
    null,
    undefined,
    5,
    {},
    { stack: 7 },
    new Proxy(
      {},
      {
        get: () => {
          throw new Error()
        },
      },
    ),
  ])
    expect(traceOf(one)).toBeNull()
  const deep = thrown(
    ...Array.from({ length: 100 }, (_, i) => `    at f (/home/me/${'x'.repeat(200)}.ts:${i}:1)`),
  )
  expect(traceOf(deep)!.length).toBeLessThan(2100)
})
