/** A response that a task reads is kept in one buffer, up to a limit. */
import { expect, test, vi } from 'vitest'
import { KeptReply } from '../../src/worker/scenario/reply.ts'

test.each([1, 3, 7, 100])('in pieces of %d bytes it is what came, and what came is not shared', (size) => {
  const tooLarge = vi.fn()
  const reply = new KeptReply(100, tooLarge)
  reply.head(302, [])
  reply.data(Buffer.from('of the redirect'))
  reply.head(200, [])
  const sent = Buffer.from(Array.from({ length: 100 }, (_, i) => i))
  for (let i = 0; i < 100; i += size) {
    const piece = Buffer.from(sent.subarray(i, i + size))
    reply.data(piece)
    piece.fill(0)
  }
  expect(Buffer.from(reply.bytes())).toEqual(sent)
  expect(tooLarge).not.toHaveBeenCalled()
  reply.data(Buffer.from([1]))
  reply.data(Buffer.from([1]))
  expect(tooLarge).toHaveBeenCalledTimes(1)
  expect(reply.bytes()).toHaveLength(0)
})
