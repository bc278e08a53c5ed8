/** The plan of `corerush debug`: one user, however much load the config file plans. */
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { planDebug } from '../../dist/host/walk-through.js'

test('what a file says of users and of the connections that they share is left out', async () => {
  const file = fileURLToPath(new URL('../../examples/getprograms.ts', import.meta.url))
  const plan = await planDebug(
    { url: 'http://127.0.0.1:1/', users: 50, connections: 5, http2: true, streams: 3 },
    file,
  )
  expect(plan).toMatchObject({ connections: null, streams: null, http2: true })
})
