import { expect, test } from 'vitest'
import { linkOf, parseServerUrl, printServerUrl, type ServerUrl } from '../../../src/core/fleet/server-url.ts'

const NONE = { token: null, user: null, password: null }

test.each([
  ['nats://h:4222', { host: 'h', port: 4222, isTls: false, ...NONE }],
  ['tls://h', { host: 'h', port: 4222, isTls: true, ...NONE }],
  ['h:443', { host: 'h', port: 443, isTls: false, ...NONE }],
  ['10.0.0.1', { host: '10.0.0.1', port: 4222, isTls: false, ...NONE }],
  ['nats://[::1]:5000/', { host: '::1', port: 5000, isTls: false, ...NONE }],
  ['nats://t0ken@h', { host: 'h', port: 4222, isTls: false, ...NONE, token: 't0ken' }],
  ['nats://me:p%40ss@h', { host: 'h', port: 4222, isTls: false, token: null, user: 'me', password: 'p@ss' }],
])('%s is read', (text, value) => {
  expect(parseServerUrl(text)).toEqual({ value })
})

test.each([
  '',
  'http://h',
  'ws://h',
  'nats://',
  'nats://h:0',
  'nats://h:70000',
  'nats://h/x',
  'nats://h?x',
  'a b',
  'nats://%zz@h',
])('%j is none', (text) => {
  expect(parseServerUrl(text)).toHaveProperty('problem', expect.stringContaining('nats://host:4222'))
})

test('what gives access is not printed', () => {
  const { value } = parseServerUrl('nats://me:secret@[::1]:1') as { value: ServerUrl }
  expect(printServerUrl(value)).toBe('nats://[::1]:1')
})

test('a way is as safe as its least safe server; encryption counts if it is demanded', () => {
  const link = (hasAuthority: boolean, ...texts: string[]): string =>
    linkOf(
      texts.map((text) => (parseServerUrl(text) as { value: ServerUrl }).value),
      hasAuthority,
    )
  expect(link(false, 'tls://h')).toBe('tls')
  expect(link(true, 'nats://h')).toBe('tls')
  expect(link(false, 'nats://127.0.0.1', 'localhost', 'nats://[::1]')).toBe('loopback')
  expect(link(false, 'nats://127.0.0.1', 'nats://h')).toBe('plain')
  expect(link(false, 'nats://127.0.0.1.evil.test')).toBe('plain')
})
