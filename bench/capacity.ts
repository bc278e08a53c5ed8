/**
 * What does a request cost corerush and its peers? `npm run bench:peers`; the answer is in bench/README.md.
 *
 * Every contender sends the POST of the demo at full speed, each to a target of its own, the cheapest available, with the
 * generators on one core and the targets on another. All are kept alive and warm and run in slices of 50 ms, in turn; CPU
 * time comes from the kernel, requests are counted by the targets: the same measurement for all. See `slices.ts`.
 *
 * A set is one start of all contenders. A ratio is taken within its set, and the median of the sets is given with the
 * least and the greatest.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startCheapTarget, startSecureTarget, type CheapTarget } from './cheap-target.ts'
import { CONTENDERS, KINDS, type Kind } from './contenders.ts'
import { PINS } from './cpu-time.ts'
import { describeMachine } from './processes.ts'
import { WarmContender } from './slices.ts'
import { median, spread } from './spread.ts'
import { renderTable } from './table.ts'
import { selfSigned } from '../test/support/tls.ts'

const { values } = parseArgs({
  options: {
    /** Starts of all contenders, and slices of each in a set. */
    sets: { type: 'string', default: '3' },
    slices: { type: 'string', default: '60' },
    'slice-ms': { type: 'string', default: '50' },
    /** Seconds for connecting and compiling, besides one for 2,500 connections. */
    warm: { type: 'string', default: '4' },
    /** What is spoken; see `contenders.ts`. */
    kind: { type: 'string', default: 'http' },
    connections: { type: 'string', default: '64,550,5000' },
    /** Substrings of the names of contenders to run. */
    only: { type: 'string', default: '' },
  },
})
const sets = Number(values.sets)
const slices = Number(values.slices)
const sliceMs = Number(values['slice-ms'])
const kind = values.kind as Kind
if (!KINDS.includes(kind)) throw new Error(`--kind must be one of ${KINDS.join(', ')}`)
const levels = values.connections.split(',').map(Number)
const wanted = values.only.split(',')

/** Goals of the ratios, as `what`, against `whom`, at how many connections; `null`: at every level. */
interface Goal {
  readonly what: string
  readonly against: string
  readonly at: number | null
  readonly least: number
}
const ONE_UNDICI = 'corerush undici, 1 worker'
const ONE_WIRE = 'corerush wire, 1 worker'
const SCRIPTED = 'corerush scripted, 1 worker'
const GOALS: readonly Goal[] = [
  { what: ONE_UNDICI, against: 'autocannon', at: 64, least: 1.3 },
  { what: ONE_UNDICI, against: 'autocannon', at: 550, least: 1.2 },
  { what: ONE_UNDICI, against: 'autocannon', at: 5000, least: 1.1 },
  { what: ONE_WIRE, against: 'bare net.Socket, onread', at: 64, least: 0.82 },
  { what: ONE_WIRE, against: 'bare net.Socket, onread', at: 550, least: 0.8 },
  { what: ONE_WIRE, against: 'bare net.Socket, onread', at: 5000, least: 0.82 },
  { what: ONE_WIRE, against: 'wrk', at: 64, least: 0.8 },
  { what: ONE_WIRE, against: 'wrk', at: 550, least: 0.75 },
  { what: ONE_WIRE, against: 'wrk', at: 5000, least: 0.9 },
  { what: ONE_WIRE, against: 'h2load', at: 64, least: 0.8 },
  { what: ONE_WIRE, against: 'h2load', at: 550, least: 0.75 },
  { what: 'corerush http2, 1 worker', against: 'h2load', at: null, least: 0.8 },
  { what: SCRIPTED, against: 'locust', at: null, least: 4 },
  { what: SCRIPTED, against: 'k6', at: null, least: 2 },
  // The cost at 8 workers is to be at most 1.1 of the cost at 1.
  { what: 'corerush undici, 8 workers', against: ONE_UNDICI, at: null, least: 1 / 1.1 },
  { what: 'corerush wire, 8 workers', against: ONE_WIRE, at: null, least: 1 / 1.1 },
]
/** Most connections against fewest, of the same contender. */
const LEAST_OF_FEWEST = 0.85

/** Requests per CPU-second in each set; `null` for a failed one. */
type Rounds = (number | null)[]
/** By contender, then by number of connections. */
const results = new Map<string, Map<number, Rounds>>()
const failures: string[] = []
/** Contenders that were limited by something else than their core, in some set. */
const limited = new Set<string>()
const busiest = new Map<string, number>()

console.log(`${describeMachine()}\n`)
const folder = mkdtempSync(join(tmpdir(), 'corerush-bench-'))
const identity = kind.startsWith('https') ? writtenIdentity() : { key: '', cert: '' }
const taking = CONTENDERS.filter(
  ({ name, kinds = ['http'] }) => kinds.includes(kind) && wanted.some((part) => name.includes(part)),
)
const present = taking.filter(({ missing }) => missing === null)
let targetKind = ''
try {
  for (const connections of levels) for (let set = 1; set <= sets; set++) await measure(connections, set)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
report()

/** Starts all contenders, takes their slices in turn, and ends them. */
async function measure(connections: number, set: number): Promise<void> {
  const warmS = Math.ceil(Number(values.warm) + connections / 2500)
  // Nobody ends by himself before that: all are started one after the other, and stand still most of the time.
  const seconds = Math.ceil(60 + present.length * (warmS + 10 + (slices * (sliceMs + 20)) / 1000))
  const warm: WarmContender[] = []
  try {
    for (const contender of present) {
      const target = await newTarget()
      targetKind = target.kind
      const { host, port } = target
      const load = { ...{ host, port, kind, connections, seconds, folder } }
      warm.push(await WarmContender.start(contender, target, load, warmS))
    }
    for (let slice = 0; slice < slices; slice++)
      // Whoever comes first in one turn comes last in the next.
      for (const one of slice % 2 === 0 ? warm : [...warm].reverse()) await one.slice(sliceMs)
    for (const one of warm) note(one, connections, set)
  } finally {
    for (const one of warm) await one.end()
  }
}

function newTarget(): Promise<CheapTarget> {
  if (kind === 'http') return startCheapTarget()
  return startSecureTarget(kind === 'https-fresh' ? kind : kind.startsWith('h2') ? 'h2' : 'https', identity)
}

/** A certificate for loopback, and its key, as files. */
function writtenIdentity(): { key: string; cert: string } {
  const made = selfSigned('DNS:localhost,IP:127.0.0.1')
  if (made === null) throw new Error('TLS needs the openssl command')
  const file = (name: 'key' | 'cert'): string => {
    const path = join(folder, `${name}.pem`)
    writeFileSync(path, made[name])
    return path
  }
  return { key: file('key'), cert: file('cert') }
}

function note(one: WarmContender, connections: number, set: number): void {
  const { name } = one
  const { perCpuS, hadCore, targetShare } = one.result()
  const rows = results.get(name) ?? new Map<number, Rounds>()
  results.set(name, rows.set(connections, [...(rows.get(connections) ?? []), perCpuS]))
  busiest.set(name, Math.max(busiest.get(name) ?? 0, targetShare))
  if (!hadCore) limited.add(name)
  if (perCpuS === null || !one.isAlive())
    failures.push(`${name}, ${connections} connections, set ${set}: ${one.output || 'no requests'}`)
  process.stderr.write(
    `${connections} connections, set ${set}: ${name} ${perCpuS?.toFixed(0) ?? 'failed'}${hadCore ? '' : ' (did not have its core)'}\n`,
  )
}

function roundsOf(name: string, connections: number): Rounds {
  return results.get(name)?.get(connections) ?? []
}

/** Ratios of two contenders in sets in which both worked. */
function ratios(of: Rounds, against: Rounds): number[] {
  return of.flatMap((value, round) => {
    const other = against[round]
    return value === null || other === null || other === undefined ? [] : [value / other]
  })
}

function report(): void {
  const pins = PINS === null ? 'not pinned' : `generator on core ${PINS.generator}, target on ${PINS.target}`
  console.log(`${kind}; target: ${targetKind}; ${pins}; ${sets} sets of ${slices} slices of ${sliceMs} ms\n`)
  console.log('Requests per CPU-second of the generator: median (least–greatest) of the sets\n')
  const heading = ['who', ...levels.map((connections) => `${connections} connections`), 'target busy, most']
  const busy = (name: string): string => {
    const share = busiest.get(name)
    return share === undefined ? '–' : `${(100 * share).toFixed(0)} %`
  }
  console.log(
    renderTable([
      heading,
      ...present.map(({ name }) => [
        limited.has(name) ? `${name} *` : name,
        ...levels.map((connections) =>
          spread(
            roundsOf(name, connections).filter((x) => x !== null),
            0,
          ),
        ),
        busy(name),
      ]),
    ]),
  )
  const against = present.filter(
    ({ name }) => ['autocannon', 'wrk', 'h2load'].includes(name) || name.startsWith('bare'),
  )
  for (const other of against) {
    console.log(`\nAgainst ${other.name}, set by set\n`)
    console.log(
      renderTable([
        heading.slice(0, -1),
        ...present.map(({ name }) => [
          name,
          ...levels.map((connections) =>
            spread(ratios(roundsOf(name, connections), roundsOf(other.name, connections)), 2),
          ),
        ]),
      ]),
    )
  }
  reportGoals()
  for (const { name, missing } of taking) if (missing !== null) console.log(`Left out: ${name} (${missing})`)
  if (limited.size > 0)
    console.log(
      '* did not have 85 % of its core in most slices, as its target was the limit: all slices count',
    )
  for (const failure of failures) console.log(`Failed: ${failure}`)
}

function reportGoals(): void {
  const rows = [['what', 'against', 'connections', 'goal', 'ratio', 'met']]
  const add = (what: string, against: string, at: string, least: number, found: number[]): void => {
    if (found.length === 0) return
    rows.push([
      what,
      against,
      at,
      least.toFixed(2),
      spread(found, 2),
      median(found) >= least ? 'yes' : '**no**',
    ])
  }
  for (const { what, against, at, least } of GOALS)
    for (const connections of levels.filter((level) => at === null || at === level))
      add(
        what,
        against,
        String(connections),
        least,
        ratios(roundsOf(what, connections), roundsOf(against, connections)),
      )
  const [fewest, most] = [Math.min(...levels), Math.max(...levels)]
  if (fewest < most)
    for (const name of [ONE_WIRE, ONE_UNDICI])
      add(
        name,
        `itself at ${fewest}`,
        String(most),
        LEAST_OF_FEWEST,
        ratios(roundsOf(name, most), roundsOf(name, fewest)),
      )
  if (rows.length > 1) console.log(`\n${renderTable(rows)}\n`)
}
