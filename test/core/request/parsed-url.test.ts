import { expect, test } from 'vitest'
import { parseUrl } from '../../../src/core/request/parsed-url.ts'
import { redirected } from '../../../src/core/request/redirect.ts'
import { A_REQUEST } from '../../support/plan.ts'

test('a URL with a letter of Latin-1 is one however often it is asked', () => {
  // As often as it takes to compile the platform's own check, which then refuses it on Node 20.
  for (let i = 0; i < 20_000; i++) {
    if (parseUrl('http://b\u00fccher.test/') === null) expect.unreachable(`refused after ${i} times`)
    if ('problem' in redirected(A_REQUEST, 302, '/b\u00fccher'))
      expect.unreachable(`no redirect after ${i} times`)
  }
  expect(parseUrl('b\u00fccher')).toBeNull()
})
