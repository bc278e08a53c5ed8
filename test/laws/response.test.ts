/** Laws of reading responses: what is read depends on the bytes alone, never on how they were cut. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { WireResponse } from '../../src/worker/transport/wire/wire-response.ts'
import { aResponse, cutAt, mutated, mutations, someCuts, somePart } from '../support/responses.ts'

/** What a reader makes of the pieces, and how many bytes it took. */
function read(pieces: readonly Buffer[], isHead: boolean, response = new WireResponse()) {
  const heard = { status: 0, headers: [] as readonly string[], body: '' }
  response.begin(isHead, {
    head: (status, headers) => void Object.assign(heard, { status, headers, body: '' }),
    data: (chunk) => void (heard.body += Buffer.from(chunk).toString('latin1')),
  })
  let taken = 0
  for (const piece of pieces) {
    const end = response.read(piece, 0, piece.length)
    taken += end
    if (end < piece.length) break
  }
  const { isComplete, fault, status, bodyBytes, keepsConnection, keepAliveS } = response
  const isEnd = !isComplete && fault === '' && response.end()
  return { isComplete, fault, status, bodyBytes, keepsConnection, keepAliveS, isEnd, taken, heard }
}

describe('a valid response', () => {
  test('is read as it was meant, and not a byte further', () => {
    fc.assert(
      fc.property(aResponse, someCuts, fc.boolean(), (response, cuts, isPipelined) => {
        const { bytes, isHead, status, bodyBytes, headers, body, endsWithConnection, keeps } = response
        const more = isPipelined && !endsWithConnection ? bytes : Buffer.alloc(0)
        expect(read(cutAt(Buffer.concat([bytes, more]), cuts), isHead)).toMatchObject({
          fault: '',
          status,
          bodyBytes,
          isComplete: !endsWithConnection,
          isEnd: endsWithConnection,
          taken: bytes.length,
          keepsConnection: keeps,
          heard: { status, headers, body },
        })
      }),
      { numRuns: 1000 },
    )
  })

  test('cut short is not complete, and not malformed', () => {
    fc.assert(
      fc.property(aResponse, somePart, (response, part) => {
        fc.pre(!response.endsWithConnection)
        const { bytes, isHead } = response
        const seen = read([bytes.subarray(0, Math.floor(part * bytes.length))], isHead)
        expect([seen.isComplete, seen.isEnd, seen.fault]).toEqual([false, false, ''])
      }),
      { numRuns: 500 },
    )
  })
})

test('whatever the bytes are, they are read the same in one piece, in single bytes and in any others', () => {
  fc.assert(
    fc.property(aResponse, mutations, someCuts, ({ bytes, isHead }, changes, cuts) => {
      const all = mutated(bytes, changes)
      const whole = read([all], isHead)
      expect(read(cutAt(all, cuts), isHead)).toEqual(whole)
      expect(
        read(
          Array.from(all, (_, i) => all.subarray(i, i + 1)),
          isHead,
        ),
      ).toEqual(whole)
      expect(whole.bodyBytes).toBeLessThanOrEqual(whole.taken)
      expect(whole.isComplete && whole.fault !== '').toBe(false)
    }),
    { numRuns: 2000 },
  )
})

test('a reader that is used again reads as a new one, whether the head is the same or another', () => {
  const aSequence = fc.array(fc.tuple(fc.nat(2), fc.option(mutations, { freq: 4 }), someCuts), {
    maxLength: 8,
  })
  fc.assert(
    fc.property(fc.array(aResponse, { minLength: 3, maxLength: 3 }), aSequence, (responses, sequence) => {
      const reader = new WireResponse()
      for (const [which, changes, cuts] of sequence) {
        const { bytes, isHead } = responses[which]!
        const pieces = cutAt(changes === null ? bytes : mutated(bytes, changes), changes === null ? [] : cuts)
        expect(read(pieces, isHead, reader)).toEqual(read(pieces, isHead))
      }
    }),
    { numRuns: 500 },
  )
})
