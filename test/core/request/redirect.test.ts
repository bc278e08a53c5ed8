import { describe, expect, test } from 'vitest'
import type { RequestPlan } from '../../../src/core/request/request.ts'
import { isRedirect, redirected } from '../../../src/core/request/redirect.ts'
import { A_REQUEST } from '../../support/plan.ts'

const POST: RequestPlan = {
  ...A_REQUEST,
  method: 'POST',
  url: 'http://target.test/a/b?c=1',
  headers: [
    ['Content-Type', 'text/xml'],
    ['Authorization', 'Basic x'],
    ['Cookie', 'a=b'],
    ['Host', 'other.test'],
    ['Proxy-Authorization', 'Basic y'],
    ['X-Api-Key', 'k'],
    ['x-mine', '1'],
  ],
  body: { text: '<xml/>' },
}
const names = (plan: ReturnType<typeof redirected>): readonly string[] =>
  'problem' in plan ? [] : plan.headers.map(([name]) => name)

test('five statuses are redirects', () => {
  expect([200, 300, 301, 302, 303, 304, 305, 306, 307, 308, 309].filter(isRedirect)).toEqual([
    301, 302, 303, 307, 308,
  ])
})

describe('method and body', () => {
  test.each([
    ['POST', 301, 'GET'],
    ['POST', 302, 'GET'],
    ['POST', 303, 'GET'],
    ['PUT', 303, 'GET'],
    ['HEAD', 303, 'HEAD'],
    ['PUT', 301, 'PUT'],
    ['DELETE', 302, 'DELETE'],
    ['POST', 307, 'POST'],
    ['POST', 308, 'POST'],
    ['GET', 302, 'GET'],
  ])('%s and %d become %s', (method, status, becomes) => {
    const next = redirected({ ...POST, method }, status, '/x')
    const isKept = becomes === method
    expect(next).toMatchObject({ method: becomes, body: isKept ? POST.body : null })
    // A header that describes the body goes with it.
    expect(names(next).includes('Content-Type')).toBe(isKept)
  })
})

describe('where to', () => {
  test.each([
    ['/x', 'http://target.test/x'],
    ['x?y#z', 'http://target.test/a/x?y'],
    ['', 'http://target.test/a/b?c=1'],
    ['//other.test/x', 'http://other.test/x'],
    ['https://user:secret@other.test:444', 'https://other.test:444/'],
  ])('%j leads to %s, in a row beside that of the call', (location, url) => {
    expect(redirected(POST, 307, location)).toMatchObject({ url, name: 'GET / (redirect)' })
  })

  test.each(['http://', 'mailto:a', 'javascript:0', 'ftp://target.test/', 'http://a b/'])(
    '%j is nowhere',
    (location) => {
      expect(redirected(POST, 302, location)).toEqual({
        problem: `status 302 with a location that is no http URL: ${location}`,
      })
    },
  )
})

test('if the location leads nowhere, none of its secrets is shown', () => {
  expect(redirected(POST, 302, 'ftp://us:c4n4ry@target.test/?a=1&access_token=c4n4ry')).toEqual({
    problem: 'status 302 with a location that is no http URL: ftp://***@target.test/?a=1&access_token=***',
  })
})

test('what is meant for one origin does not leave it', () => {
  expect(names(redirected(POST, 307, '/x'))).toEqual(POST.headers.map(([name]) => name))
  for (const location of ['https://target.test/', 'http://target.test:81/', 'http://other.test/'])
    expect(names(redirected(POST, 307, location))).toEqual(['Content-Type', 'x-mine'])
})
