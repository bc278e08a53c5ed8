/**
 * How much memory does a connected, waiting user need? `npm run bench:memory`; the answer is in bench/README.md.
 *
 * Each kind runs in a separate process with few users and in another with many; the difference, divided by the difference in
 * users, is the cost of a user. Even few users are enough that V8's young generation has its full size. All users are
 * connected, have had one response and wait. For comparison: undici's bare Client and Node's bare socket.
 */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startCheapTarget } from './cheap-target.ts'
import { describeMachine, knowsTransport, reportOf } from './processes.ts'
import { spread } from './spread.ts'
import { renderTable } from './table.ts'

const IDLE_USERS = fileURLToPath(new URL('idle-users.mjs', import.meta.url))
const GOALS_KB: Readonly<Record<string, number>> = { undici: 9, wire: 4.5 }

const { values } = parseArgs({
  options: {
    few: { type: 'string', default: '4000' },
    many: { type: 'string', default: '14000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: 'undici,wire,client,socket' },
  },
})
const few = Number(values.few)
const many = Number(values.many)

interface Held {
  readonly rss: number
  readonly heap: number
}

console.log(`${describeMachine()}\n`)
const target = await startCheapTarget()
const kinds = values.only
  .split(',')
  .filter(
    (kind) => kind !== 'wire' || knowsTransport('wire') || leaveOut('wire is not known to the built command'),
  )
const perUser = new Map<string, Held[]>(kinds.map((kind) => [kind, []]))
try {
  for (let round = 0; round < Number(values.rounds); round++)
    for (const kind of kinds) {
      const [less, more] = [await measure(kind, few), await measure(kind, many)]
      const user = (of: keyof Held): number => (more[of] - less[of]) / (many - few)
      perUser.get(kind)!.push({ rss: user('rss'), heap: user('heap') })
    }
} finally {
  await target.stop()
}

const kilobytes = (bytes: readonly number[]): string =>
  spread(
    bytes.map((n) => n / 1000),
    2,
  )
console.log(`Between ${few} and ${many} users, ${values.rounds} rounds: median (least–greatest)\n`)
console.log(
  renderTable([
    ['kind', 'RSS, kB per user', 'heap and what it holds outside, kB', 'goal, RSS'],
    ...[...perUser].map(([kind, held]) => [
      kind in GOALS_KB ? `corerush ${kind}` : kind === 'client' ? 'bare undici Client' : 'bare net.Socket',
      kilobytes(held.map(({ rss }) => rss)),
      kilobytes(held.map(({ heap }) => heap)),
      GOALS_KB[kind]?.toFixed(0) ?? '–',
    ]),
  ]),
)

function measure(kind: string, users: number): Promise<Held> {
  const url = `http://${target.host}:${target.port}/`
  return reportOf(IDLE_USERS, [kind, url, String(users)], ['--expose-gc'])
}

function leaveOut(why: string): false {
  console.log(`Left out: ${why}\n`)
  return false
}
