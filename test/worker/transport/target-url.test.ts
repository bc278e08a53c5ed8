/** The parts of a URL are those that a parser of URLs finds, whichever way they are found. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { targetOf } from '../../../src/worker/transport/target-url.ts'

function parsed(text: string) {
  const { origin, host, pathname, search } = new URL(text)
  return { origin, host, path: pathname + search }
}

test.each([
  'http://127.0.0.1:8080/a?b=1',
  'http://h',
  'https://h:443/',
  'http://H.test/A',
  'http://0x7f.1/x',
  'http://[::0]:81/',
  'http://us:er@h/',
  'http://h/a/../b',
  'http://h/a/%2E%2e/b',
  'http://h/a/.',
  'http://h/.well-known/x?y=/../z',
  "http://h/it's?q='",
  'http://h/a b?ü#f',
  'http://h/a\\b|c?d|e`f^g',
])('%s', (text) => {
  expect(targetOf(text)).toEqual(parsed(text))
})

test('whatever placeholders stand for', () => {
  const piece = fc.oneof(
    fc.constantFrom('/', '..', '.', '%2e', "'", '?', '\\', '@', ':', '//'),
    fc.string({ unit: 'binary', maxLength: 5 }),
  )
  fc.assert(
    fc.property(
      fc.constantFrom('http://h', 'http://h:80', 'https://[::1]:8443', 'http://H'),
      fc.array(fc.oneof(piece, fc.string().map(encodeURIComponent)), { maxLength: 6 }),
      (origin, pieces) => {
        const text = `${origin}/${pieces.join('')}`
        fc.pre(URL.canParse(text))
        expect(targetOf(text)).toEqual(parsed(text))
      },
    ),
    { numRuns: 2000 },
  )
})
