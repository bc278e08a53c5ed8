import { expect, test } from 'vitest'
import { isOfRow, partsOf, redirectName, rowOf } from '../../../src/core/request/row.ts'

test.each([
  [{ method: 'POST', name: 'GetPrograms' }, 'POST GetPrograms', { method: 'POST', name: 'GetPrograms' }],
  [{ method: 'GET', name: 'GET /items/:id' }, 'GET /items/:id', { method: 'GET', name: '/items/:id' }],
  [{ method: 'GET', name: 'POST /a' }, 'GET POST /a', { method: 'GET', name: 'POST /a' }],
  [
    { method: 'POST', name: '(other requests)' },
    '(other requests)',
    { method: '', name: '(other requests)' },
  ],
  [{ method: 'GET', name: '(not started)' }, '(not started)', { method: '', name: '(not started)' }],
  [{ method: 'GET', name: '(mine)' }, 'GET (mine)', { method: 'GET', name: '(mine)' }],
])('%j is the row %j', (request, row, parts) => {
  expect(rowOf(request)).toBe(row)
  expect(partsOf(row)).toEqual(parts)
  expect([isOfRow(row, row), isOfRow(row, parts.name), isOfRow(row, 'other')]).toEqual([true, true, false])
})

test('the redirects of a call are a row beside its own, however many hops there are', () => {
  const call = { method: 'POST', name: 'login' }
  const hop = { method: 'GET', name: redirectName(call) }
  expect(rowOf(hop)).toBe('GET login (redirect)')
  expect(redirectName(hop)).toBe('login (redirect)')
  expect(redirectName({ method: 'GET', name: 'GET /a' })).toBe('/a (redirect)')
  expect(redirectName({ method: 'GET', name: '(other requests)' })).toBe('(other requests)')
})
