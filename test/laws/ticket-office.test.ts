/** Tickets over several hosts: never more than the count, all of it if nobody dies, each ask answered once. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isShort, TicketOffice, type TicketGrant } from '../../src/core/fleet/ticket-office.ts'

const equal = (agents: number, prefix = 'a'): ReadonlyMap<string, number> =>
  new Map(Array.from({ length: agents }, (_, at) => [`${prefix}${at}`, 1]))

const NONE: TicketGrant = { granted: 0, isLast: false }

test('Σ granted is at most the count, and all of it if nobody dies; a repeated or late ask gets its answer again', () => {
  const agent = fc.record({
    perS: fc.oneof(fc.constant(0), fc.double({ min: 20, max: 1e6, noNaN: true })),
    roundTripS: fc.double({ min: 0, max: 0.2, noNaN: true }),
    // Dies after so many asks.
    asks: fc.oneof({ weight: 3, arbitrary: fc.constant(Infinity) }, fc.integer({ min: 0, max: 5 })),
  })
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 10_000 }),
      fc.array(agent, { minLength: 1, maxLength: 6 }),
      fc.infiniteStream(fc.nat()),
      (count, agents, picks) => {
        const office = new TicketOffice(count, equal(agents.length))
        const held = agents.map(() => ({ ask: 0, grant: NONE, history: [] as TicketGrant[] }))
        const isDone = (at: number): boolean => held[at]!.grant.isLast || held[at]!.ask >= agents[at]!.asks
        for (;;) {
          const open = [...agents.keys()].filter((at) => !isDone(at))
          if (open.length === 0) break
          const at = open[picks.next().value! % open.length]!
          const own = held[at]!
          own.ask++
          const asked = { ask: own.ask, perS: agents[at]!.perS, roundTripS: agents[at]!.roundTripS }
          const grant = office.answer(`a${at}`, asked)
          expect(grant.granted).toBeGreaterThanOrEqual(own.grant.granted)
          own.history.push((own.grant = grant))
          // Repeated, and one that comes late and out of order.
          const old = 1 + (picks.next().value! % own.ask)
          expect(office.answer(`a${at}`, { ...asked, ask: old, perS: 1 })).toEqual(own.history[old - 1])
        }
        const granted = held.reduce((sum, { grant }) => sum + grant.granted, 0)
        expect(granted).toBe(count - office.left)
        expect(granted).toBeLessThanOrEqual(count)
        if (held.some(({ grant }) => grant.isLast)) expect(granted).toBe(count)
        else expect(agents.every(({ asks }) => asks < Infinity)).toBe(true)
      },
    ),
  )
})

test('at once, each agent has its part by its weight, whatever it asks and how often; without users it has none', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 10_000 }),
      fc.array(fc.nat(40), { minLength: 1, maxLength: 6 }).filter((all) => all.some((one) => one > 0)),
      fc.boolean(),
      (count, weights, isAtOnce) => {
        const named = new Map(weights.map((weight, at) => [`a${at}`, weight]))
        const office = new TicketOffice(count, named, isAtOnce)
        const all = weights.reduce((sum, weight) => sum + weight, 0)
        const last = weights.map(() => NONE)
        for (let ask = 1; office.left > 0 || ask === 1; ask++)
          for (const [at, weight] of weights.entries()) {
            const grant = (last[at] = office.answer(`a${at}`, { ask, perS: 100, roundTripS: 0.01 }))
            if (weight === 0) expect(grant).toEqual({ granted: 0, isLast: true })
            else if (isAtOnce) {
              expect(grant.isLast).toBe(true)
              expect(Math.abs(grant.granted - (count * weight) / all)).toBeLessThanOrEqual(1)
            }
          }
        expect(last.reduce((sum, { granted }) => sum + granted, 0)).toBe(count)
      },
    ),
  )
})

/** Ten hosts take `count` tickets at `perS` each, with answers after `roundTripS`: what is asked, and how long anybody waits. */
function taken(count: number, perS: number, roundTripS: number): { asks: number; waitedS: number } {
  const office = new TicketOffice(count, equal(10, 'h'))
  const hosts = Array.from({ length: 10 }, () => ({
    grant: NONE,
    taken: 0,
    ask: 0,
    dueS: Infinity,
    next: NONE,
  }))
  const stepS = 0.001
  let [asks, waitedS] = [0, 0]
  for (let s = 0; hosts.some(({ grant, taken }) => !grant.isLast || taken < grant.granted); s += stepS)
    for (const [at, host] of hosts.entries()) {
      if (s >= host.dueS) {
        host.grant = host.next
        host.dueS = Infinity
      }
      const wanted = host.taken + perS * stepS
      if (wanted > host.grant.granted && !host.grant.isLast && host.ask > 1) waitedS += stepS
      host.taken = Math.min(host.grant.granted, wanted)
      if (host.dueS < Infinity || !isShort(host.grant, host.taken, { perS, roundTripS })) continue
      host.ask++
      asks++
      host.next = office.answer(`h${at}`, { ask: host.ask, perS: host.ask === 1 ? 0 : perS, roundTripS })
      host.dueS = s + roundTripS
    }
  return { asks, waitedS }
}

test.each([
  [0.001, 0],
  [0.01, 0.1],
  [0.08, 0.8],
])(
  'a million over ten hosts at 100,000/s and a round trip of %f s take a few hundred asks, and hosts wait seldom',
  (roundTripS, mostS) => {
    const { asks, waitedS } = taken(1_000_000, 10_000, roundTripS)
    expect(asks).toBeLessThan(1000)
    // In all, of ten hosts and ten seconds.
    expect(waitedS).toBeLessThanOrEqual(mostS)
  },
)

test('numbers from another host that are none are taken for unknown', () => {
  const office = new TicketOffice(100, equal(2))
  for (const [at, perS] of [NaN, Infinity, -5].entries())
    expect(office.answer('a0', { ask: at + 1, perS, roundTripS: perS }).granted).toBeGreaterThan(0)
  expect(office.left).toBeGreaterThan(0)
})
