/** What a report says of cookies that users did not keep. */
import { expect, test } from 'vitest'
import { cookieWarnings, noCookies } from '../../../src/core/measure/cookie-counts.ts'

test('each reason is a warning of its own, with its count; without a loss there is none', () => {
  expect(cookieWarnings(noCookies())).toEqual([])
  expect(cookieWarnings({ refused: 2, tooLarge: 1, evicted: 12_345 })).toEqual([
    '12,345 cookies were given up for newer ones: a user keeps 50 of a domain and 3,000 in all (RFC 6265)',
    '1 cookie was not kept: larger than 4,096 bytes (RFC 6265)',
    "2 cookies were not kept, as no browser would: a domain that is not the host's, or no cookie at all; corerush debug shows them",
  ])
})
