/**
 * What does a request cost corerush and its peers? `npm run bench:peers`; the answer is in bench/README.md.
 *
 * Every contender sends the POST of the demo at full speed to the cheapest target available, each on its own core.
 * CPU time comes from the OS, requests are counted by the target: the same measurement for all. Each runs twice in a
 * round, short and long, and a request costs (CPU of the long run − CPU of the short one) / (its requests − the short
 * one's): what it takes to start, to compile and to connect is in both and cancels.
 *
 * Rounds are interleaved; a ratio is taken within its round, and the median of the rounds is given with the least and the
 * greatest.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startCheapTarget } from './cheap-target.ts'
import { CONTENDERS, type Contender } from './contenders.ts'
import { PINS, timed } from './cpu-time.ts'
import { describeMachine } from './processes.ts'
import { median, spread } from './spread.ts'
import { renderTable } from './table.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '64,550,5000' },
    /** Substrings of the names of contenders to run. */
    only: { type: 'string', default: '' },
  },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
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
  { what: ONE_UNDICI, against: 'autocannon', at: 64, least: 1.2 },
  { what: ONE_UNDICI, against: 'autocannon', at: 550, least: 1.3 },
  { what: ONE_WIRE, against: 'bare net.Socket', at: null, least: 0.85 },
  { what: ONE_WIRE, against: 'autocannon', at: null, least: 2.5 },
  { what: ONE_WIRE, against: 'wrk', at: null, least: 0.6 },
  { what: SCRIPTED, against: 'locust', at: null, least: 4 },
  { what: SCRIPTED, against: 'k6', at: null, least: 2 },
  // The cost at 8 workers is to be at most 1.1 of the cost at 1.
  { what: 'corerush undici, 8 workers', against: ONE_UNDICI, at: null, least: 1 / 1.1 },
  { what: 'corerush wire, 8 workers', against: ONE_WIRE, at: null, least: 1 / 1.1 },
]
/** Most connections against fewest, of the same contender. */
const LEAST_OF_FEWEST = 0.85

/** Requests per CPU-second in each round; `null` for a failed round. */
type Rounds = (number | null)[]
/** By contender, then by number of connections. */
const results = new Map<string, Map<number, Rounds>>()
const failures: string[] = []

console.log(`${describeMachine()}\n`)
const folder = mkdtempSync(join(tmpdir(), 'corerush-bench-'))
const target = await startCheapTarget()
const taking = CONTENDERS.filter(({ name }) => wanted.some((part) => name.includes(part)))
const present = taking.filter(({ missing }) => missing === null)
const busiest = new Map<string, number>()
try {
  for (const connections of levels)
    for (let round = 1; round <= rounds; round++)
      for (const contender of present) {
        const perCpuS = await measure(contender, connections)
        const rows = results.get(contender.name) ?? new Map<number, Rounds>()
        results.set(contender.name, rows.set(connections, [...(rows.get(connections) ?? []), perCpuS]))
        process.stderr.write(
          `${connections} connections, round ${round}: ${contender.name} ${perCpuS?.toFixed(0) ?? 'failed'}\n`,
        )
      }
} finally {
  await target.stop()
  rmSync(folder, { recursive: true, force: true })
}
report()

/** Requests per second of CPU time, of the long run beyond the short one. */
async function measure(contender: Contender, connections: number): Promise<number | null> {
  // Longer where there is more to connect or to compile, so that the short run is past it.
  const shortS = Math.ceil(1 + connections / 2500) + (contender.settlesS ?? 0)
  const short = await run(contender, connections, shortS)
  const long = await run(contender, connections, shortS + seconds)
  const requests = long.requests - short.requests
  const cpuS = long.cpuS - short.cpuS
  if (requests > 0 && cpuS > 0) return requests / cpuS
  failures.push(
    `${contender.name}, ${connections} connections: ${requests} requests, ${cpuS.toFixed(2)} s\n${long.output.slice(-500)}`,
  )
  return null
}

async function run(
  contender: Contender,
  connections: number,
  forS: number,
): Promise<{ requests: number; cpuS: number; output: string }> {
  const { host, port } = target
  const before = await target.requests()
  const busyS = target.cpuS()
  const startMs = performance.now()
  const { output, cpuS } = await timed(contender.command({ host, port, connections, seconds: forS, folder }))
  if (busyS !== null) {
    const share = (target.cpuS()! - busyS) / ((performance.now() - startMs) / 1000)
    busiest.set(contender.name, Math.max(busiest.get(contender.name) ?? 0, share))
  }
  return { requests: (await target.requests()) - before, cpuS, output }
}

function roundsOf(name: string, connections: number): Rounds {
  return results.get(name)?.get(connections) ?? []
}

/** Ratios of two contenders in rounds in which both worked. */
function ratios(of: Rounds, against: Rounds): number[] {
  return of.flatMap((value, round) => {
    const other = against[round]
    return value === null || other === null || other === undefined ? [] : [value / other]
  })
}

function report(): void {
  const pins = PINS === null ? 'not pinned' : `generator on core ${PINS.generator}, target on ${PINS.target}`
  console.log(`Target: ${target.kind}; ${pins}; ${rounds} rounds of ${seconds} s beyond the short run\n`)
  console.log('Requests per CPU-second of the generator: median (least–greatest)\n')
  const heading = ['who', ...levels.map((connections) => `${connections} connections`), 'target busy, most']
  const busy = (name: string): string => {
    const share = busiest.get(name)
    return share === undefined ? '–' : `${(100 * share).toFixed(0)} %`
  }
  console.log(
    renderTable([
      heading,
      ...present.map(({ name }) => [
        name,
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
    ({ name }) => name === 'autocannon' || name === 'wrk' || name.startsWith('bare'),
  )
  for (const other of against) {
    console.log(`\nAgainst ${other.name}, round by round\n`)
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
