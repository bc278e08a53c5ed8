/** What users say of their run holds no secret that was sent in it, on a virtual clock. */
import { expect, test } from 'vitest'
import type { RequestOptions } from '../../src/scenario/http.ts'
import { feeder } from '../../src/scenario/feeder.ts'
import { Feed } from '../../src/worker/user/feed.ts'
import { aPlan } from '../support/plan.ts'
import { Simulation } from '../support/simulation.ts'

/** One user who does something once a second. */
const ONE = aPlan({
  stages: [{ fromUsers: 1, toUsers: 1, durationS: 0 }],
  wait: { kind: 'pacing', seconds: 1 },
})
const messages = (run: Simulation): string[] =>
  [...run.total.taskErrors.values()].map(({ message }) => message)

test.each<[string, RequestOptions]>([
  ['a form', { form: { user: 'ann', passphrase: 'open-sesame' } }],
  ['JSON', { json: { user: { name: 'ann', pin: 'open-sesame' } } }],
  ['a query', { query: { otp: 'open-sesame' } }],
  ['a header', { headers: { 'X-Key': 'open-sesame' } }],
])('a password that onStart sent in %s, thrown by a task long after', async (_, options) => {
  const run = await new Simulation({ ...ONE, durationS: 5.5 }, undefined, {
    script: {
      onStart: ({ http }) => http.post('/login', options),
      tasks: {
        async T({ http }) {
          await http.get('/other')
          throw new Error('ann with open-sesame is not welcome')
        },
      },
    },
  }).to(9)
  expect(messages(run)).toEqual(['ann with *** is not welcome'])
})

test('a secret column of a row, sent as something else and said as the reason for the end', async () => {
  const rows = feeder.csv<{ user: string; pin: string }>('/rows.csv')
  const plan = { path: '/rows.csv', format: 'csv', delimiter: ',', order: 'sequential', end: 'stop' } as const
  const text = Buffer.from('["ann","135790"]')
  const found = { columns: ['user', 'pin'], text: shared(text), ends: shared(Float64Array.of(text.length)) }
  const run = await new Simulation({ ...ONE, durationS: 3 }, undefined, {
    script: {
      tasks: {
        async T({ http, take, stopRun }) {
          const { user, pin } = take(rows)
          await http.post('/login', { form: { a: user, b: pin } })
          stopRun(`${user} with ${pin} was refused`)
        },
      },
    },
    feeds: (share) => new Map([[rows, new Feed(plan, found, share, 1)]]),
  }).to(5)
  expect(run.asked).toContain('stopRun ann with *** was refused')
})

function shared(data: Uint8Array | Float64Array): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(data.byteLength)
  new Uint8Array(buffer).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  return buffer
}

test('a message of megabytes is cut before it is looked at, and what it quotes stays hidden', async () => {
  const run = await new Simulation({ ...ONE, durationS: 1 }, undefined, {
    script: {
      tasks: {
        async T({ http }) {
          await http.post('/', { json: { token: 'of-the-body' } })
          throw new Error(`of-the-body ${'password=x '.repeat(1_000_000)}`)
        },
      },
    },
  }).to(5)
  expect(messages(run)).toEqual([`*** ${'password=*** '.repeat(20)}`.slice(0, 200)])
})
