/** What the preflight says of ports and addresses, on hosts made of files. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Options } from '../../../src/core/options/options.ts'
import { checkLocalAddresses, checkPorts, ephemeralPorts } from '../../../src/host/machine/ports.ts'
import { withFolder } from '../../support/cli.ts'
import { planOf } from '../../support/reports.ts'

/** What is said on a host that has these ports; null when it can carry the plan. */
const said = (ports: string | null, options: Options, reuse?: string): Promise<string | null> =>
  withFolder(async (folder) => {
    const root = `${folder}/`
    if (ports !== null) {
      mkdirSync(join(root, 'proc/sys/net/ipv4'), { recursive: true })
      writeFileSync(join(root, 'proc/sys/net/ipv4/ip_local_port_range'), ports)
    }
    if (reuse !== undefined) writeFileSync(join(root, 'proc/sys/net/ipv4/tcp_tw_reuse'), reuse)
    try {
      return await checkPorts(planOf(options), root)
    } catch (error) {
      const { message, hint } = error as { message: string; hint: string }
      return `${message}; try ${hint}`
    }
  })
const SMALL = '32768\t32867\n'

test('the kernel names the range; where it does not, nothing is known', async () => {
  await withFolder((folder) => {
    expect(ephemeralPorts(`${folder}/`)).toBeNull()
  })
  expect(await said(null, { users: 1000 })).toBeNull()
})

test('as many users as ports, and not one more', async () => {
  expect(await said(SMALL, { users: 100 })).toBeNull()
  expect(await said(SMALL, { users: 101 })).toBe(
    '101 users need 101 ports, and there are 100 to connect from to 127.0.0.1:8080; ' +
      'try --local-address 127.0.0.1,127.0.0.2',
  )
})

test('each address to connect from has its own ports', async () => {
  const two = { localAddress: ['127.0.0.1', '127.0.0.2'] }
  expect(await said(SMALL, { users: 200, ...two })).toBeNull()
  expect(await said(SMALL, { users: 201, ...two })).toMatch(
    /there are 200 to connect .*; try --local-address 127.0.0.1,127.0.0.2,127.0.0.3$/,
  )
})

test('elsewhere than on loopback the range can be widened, and then addresses added', async () => {
  const url = 'http://192.0.2.1/'
  expect(await said(SMALL, { users: 101, url })).toMatch(
    /to 192.0.2.1:80; try sysctl -w net.ipv4.ip_local_port_range="1024 65535"$/,
  )
  expect(await said(SMALL, { users: 200_000, url })).toMatch(
    /and --local-address with 4 addresses of this host$/,
  )
})

test('what counts is where connections go', async () => {
  expect(await said(SMALL, { users: 500, unixSocket: '/s' })).toBeNull()
  expect(await said(SMALL, { users: 500, proxy: '127.0.0.9:1' })).toMatch(/to 127.0.0.9:1;/)
  expect(await said(SMALL, { users: 500, connectTo: ':8080::1' })).toMatch(/to 127.0.0.1:1;/)
})

test('connections that are not kept may use them up: a warning', async () => {
  const brief = { users: 100, keepAlive: false, duration: '1m' }
  expect(await said(SMALL, { ...brief, wait: '1m' })).toBeNull()
  expect(await said(SMALL, { ...brief, wait: '10s' })).toMatch(
    /^up to 10 new connections per second can use up the 100 ports to connect from, which come free 60 s after a close/,
  )
  expect(await said(SMALL, { ...brief, wait: '10s', keepAlive: true })).toBeNull()
  expect(await said(SMALL, { ...brief, wait: '10s', requests: 100 })).toBeNull()
})

test('users without waits can use up any number of them, where a port is held for a minute', async () => {
  const brief = { users: 2, wait: 0, keepAlive: false, duration: '5s' }
  expect(await said(SMALL, brief)).toMatch(
    /^users without waits can use up the 100 ports to connect from, which come free 60 s after a close: keep/,
  )
  expect(await said(SMALL, { ...brief, requests: 101 })).not.toBeNull()
  expect(await said(SMALL, { ...brief, requests: 100 })).toBeNull()
  expect(await said(SMALL, { ...brief, keepAlive: true })).toBeNull()
  // Linux gives them out again after a second, on loopback.
  expect(await said(SMALL, brief, '2')).toBeNull()
  expect(await said(SMALL, { ...brief, url: 'http://192.0.2.1/' }, '2')).not.toBeNull()
})

test('an address to connect from must be of this host', async () => {
  await checkLocalAddresses(planOf({ localAddress: '127.0.0.1,127.0.0.77' }))
  await expect(checkLocalAddresses(planOf({ localAddress: '192.0.2.1' }))).rejects.toThrow(
    /^nothing can connect from 192.0.2.1: .*EADDRNOTAVAIL/,
  )
})
