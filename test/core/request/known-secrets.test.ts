import { describe, expect, test } from 'vitest'
import { KnownSecrets } from '../../../src/core/request/known-secrets.ts'
import { SecretSet } from '../../../src/core/request/secret-set.ts'
import { A_REQUEST } from '../../support/plan.ts'

const A_PLAN = { request: A_REQUEST, targets: null, proxy: null, hidden: [] }
const posting = (text: string) => ({ ...A_REQUEST, body: { text } })

describe('a secret that was sent once is hidden for the life of the run', () => {
  test('in what a later request says, in a body, a query and a header', () => {
    const known = new KnownSecrets(A_PLAN)
    known.glance(posting('user=u&passphrase=open-sesame'))
    known.glance({ ...A_REQUEST, url: 'http://target.test/?sid=of-the-query' })
    known.glance({ ...A_REQUEST, headers: [['X-Key', 'of-the-header']] })
    expect(known.hideMessage('open-sesame of-the-query of-the-header', A_REQUEST, [])).toBe('*** *** ***')
  })

  test('though thousands of others came after it, as long as they are not more than are kept', () => {
    const known = new KnownSecrets(A_PLAN)
    known.glance(posting('password=the-first-one'))
    for (let n = 0; n < 4900; n++) known.glance(posting(`password=another-${n}`))
    expect(known.hide('the-first-one, another-0 and another-4899')).toBe('***, *** and ***')
  })

  test('and those of the plan and of its targets, however many came after them', () => {
    const targets = { requests: [{ request: posting('pin=135790') }] }
    const known = new KnownSecrets({ ...A_PLAN, request: posting('pin=246801'), targets, hidden: ['x9'] })
    for (let n = 0; n < 11_000; n++) known.add([`another-${n}`])
    expect(known.hide('246801 135790 x9 another-1 another-10999')).toBe('*** *** *** another-1 ***')
  })

  test('a column of a row that is called so, whatever field it is sent as', () => {
    const known = new KnownSecrets(A_PLAN)
    known.addFields({ user: 'visible-user', user_pin: 123_456, password: 'hunter22' })
    expect(known.hide('visible-user 123456 hunter22')).toBe('visible-user *** ***')
  })
})

test('a value that is the name of its field is masked, and the name is not', () => {
  const known = new KnownSecrets(A_PLAN)
  const form = 'name=demo&password=password'
  known.learn({ ...A_REQUEST, body: { text: form } })
  expect(known.hide(form)).toBe('name=demo&password=***')
  expect(known.hide('{"password": "password"}')).toBe('{"password": "***"}')
  expect(known.hide('wrong: password')).toBe('wrong: ***')
})

test('a message is judged once: what the same words cost after that does not depend on the body', () => {
  const known = new KnownSecrets(A_PLAN)
  const request = posting('token=first-token')
  expect(known.hideMessage('no first-token', request, [['cookie', 'sid=from-the-jar']])).toBe('no ***')
  expect(known.hideMessage('no from-the-jar', A_REQUEST, [])).toBe('no ***')
  const unread = new Proxy(A_REQUEST, {
    get: () => {
      throw new Error('was read again')
    },
  })
  expect(known.hideMessage('no first-token', unread, [])).toBe('no ***')
})

describe('a set of secrets finds', () => {
  const hidden = (text: string, ...secrets: string[]): string => {
    const set = new SecretSet()
    for (const secret of secrets) set.add(secret)
    return set.hide(text)
  }

  test.each([
    ['one within another', 'a secret-token-9 b', ['secret', 'secret-token-9', 'token-9'], 'a *** b'],
    ['those that overlap', 'a abcdefgh b', ['abcdef', 'cdefgh'], 'a *** b'],
    ['two that touch', 'abcdefuvwxyz', ['abcdef', 'uvwxyz'], '******'],
    ['a beginning at the end', 'a abcdefg', ['abcdefghijkl'], 'a ***'],
    ['nothing that is shorter', 'abcde abcde', ['abcde'], 'abcde abcde'],
    ['one of many alike', `token-4000!`, Array.from({ length: 5000 }, (_, n) => `token-${n}`), '***!'],
    [
      'one that is longer than what is compared first',
      `x${'y'.repeat(1000)}z`,
      [`${'y'.repeat(1000)}z`],
      'x***',
    ],
  ])('%s', (_, text, secrets, shown) => {
    expect(hidden(text, ...secrets)).toBe(shown)
  })

  test('nothing twice: a long text and a long secret of one character are compared once', () => {
    const set = new SecretSet()
    set.add(`${'x'.repeat(60_000)}y`)
    set.add('x'.repeat(30_000))
    expect(set.hide('x'.repeat(1_000_000))).toBe('***')
    // What is as long as this is no coincidence.
    expect(set.hide(`${'x'.repeat(29_999)}z`.repeat(30))).toBe('***z'.repeat(30))
  })
})
