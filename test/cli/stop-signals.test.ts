/** Which orders to stop are one, and which is a second one. */
import { expect, test } from 'vitest'
import { exitOf, StopOrders } from '../../src/cli/stop-signals.ts'

test('orders within half a second of the first are the same; whoever insists is heard', () => {
  const orders = new StopOrders()
  expect([0, 5, 300, 499].map((ms) => orders.order(1000 + ms))).toEqual(['first', 'same', 'same', 'same'])
  expect(orders.order(1500)).toBe('again')
  orders.forget()
  expect([2000, 2400, 9000].map((ms) => orders.order(ms))).toEqual(['first', 'same', 'again'])
})

test('each signal has its exit code; an abort from elsewhere is an interruption', () => {
  const reasons = ['SIGINT', 'SIGTERM', 'SIGHUP', undefined, 'toString', new Error('stop')]
  expect(reasons.map((reason) => exitOf(AbortSignal.abort(reason)))).toEqual([130, 143, 129, 130, 130, 130])
})
