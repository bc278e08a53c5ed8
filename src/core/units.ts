/**
 * Numbers with units, read and written in one place: durations (seconds inside, `500ms`, `1h30m` outside),
 * counts (`10k`, `2M`), and how a latency, a rate or a share is shown to a person.
 */

/** A number of seconds, or a duration such as `500ms`, `30s`, `1h30m`. */
export type Duration = number | string
/** A number, or one with `k` or `M`: `10k`, `2M`. */
export type Count = number | string

/** What parsing gave: a value, or the rule that the text breaks. */
export type Parsed<T> = { readonly value: T } | { readonly problem: string }

const SECONDS_PER: Readonly<Record<string, number>> = {
  us: 1e-6,
  µs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
}
const DURATION_RULE = 'must be a duration such as 500ms, 30s, 2m or 1h30m (a bare number is seconds)'

/** Reads a duration into seconds: `500ms`, `30s`, `1h30m`, `1.5` (seconds). */
export function parseDurationS(text: string | number): Parsed<number> {
  if (typeof text === 'number')
    return Number.isFinite(text) && text >= 0 ? { value: text } : { problem: DURATION_RULE }
  const compact = text.trim()
  if (/^\d+(\.\d+)?$|^\.\d+$/.test(compact)) return { value: Number(compact) }
  if (!/^(\d+(\.\d+)?(us|µs|ms|s|m|h|d))+$/.test(compact)) return { problem: DURATION_RULE }
  // Each part is scaled by division where the unit is small, so that 300ms is 0.3 and not 0.30000000000000004.
  let seconds = 0
  for (const [, digits, unit] of compact.matchAll(/(?<![\d.])(\d+(?:\.\d+)?)(us|µs|ms|s|m|h|d)/g)) {
    const per = SECONDS_PER[unit!]!
    seconds += per < 1 ? Number(digits) / Math.round(1 / per) : Number(digits) * per
  }
  return { value: seconds }
}

const COUNT_FACTOR: Readonly<Record<string, number>> = { '': 1, k: 1e3, K: 1e3, M: 1e6, G: 1e9 }

/** Reads a number with an optional `k`, `M` or `G`: `550`, `10k`, `2.5M`. */
export function parseNumber(text: string | number): Parsed<number> {
  if (typeof text === 'number')
    return Number.isFinite(text) ? { value: text } : { problem: 'must be a finite number' }
  const match = /^([+-]?(?:\d+(?:\.\d+)?|\.\d+))([kKMG]?)$/.exec(text.trim())
  if (!match) return { problem: 'must be a number such as 550, 10k or 2M' }
  return { value: Number((Number(match[1]) * COUNT_FACTOR[match[2]!]!).toPrecision(15)) }
}

/** A whole number as a person writes it, parsed back to the same value: `550`, `10k`, `2M`. */
export function printCount(n: number): string {
  const unit = (['G', 'M', 'k'] as const).find(
    (one) => n >= COUNT_FACTOR[one]! && n % COUNT_FACTOR[one]! === 0,
  )
  return unit === undefined ? String(n) : `${n / COUNT_FACTOR[unit]!}${unit}`
}

/** Reads a rate into events per second: `1000`, `1k/s`, `90/m`, `3600/h`, `1/d`. */
export function parseRatePerS(text: string | number): Parsed<number> {
  const [head, per, ...more] = String(text).trim().split('/')
  const number = parseNumber(head ?? '')
  const seconds = per === undefined ? 1 : { s: 1, m: 60, h: 3600, d: 86_400 }[per.trim()]
  if ('problem' in number || seconds === undefined || more.length > 0)
    return { problem: 'must be a rate such as 1000/s, 10k/s or 90/m' }
  return { value: number.value / seconds }
}

/** `0.9s-1.1s` into its two ends in seconds. */
export function parseDurationRangeS(text: string): Parsed<readonly [number, number]> {
  const [from, to, ...more] = text.split('-')
  if (from === undefined || to === undefined || more.length > 0)
    return { problem: 'must be a range such as 0.9s-1.1s' }
  const min = parseDurationS(from)
  const max = parseDurationS(to)
  if ('problem' in min) return min
  if ('problem' in max) return max
  if (min.value > max.value) return { problem: 'must be a range from a smaller to a larger duration' }
  return { value: [min.value, max.value] }
}

/** Seconds as a person writes them, parsed back to the same value: `0.9s`, `500ms`, `1h30m`. */
export function printDurationS(seconds: number): string {
  if (seconds === 0) return '0s'
  if (seconds < 1e-3) return `${trim(seconds * 1e6)}us`
  if (seconds < 0.1) return `${trim(seconds * 1e3)}ms`
  if (seconds < 60 || seconds % 1 !== 0) return `${trim(seconds)}s`
  const h = Math.floor(seconds / 3600)
  const m = Math.floor((seconds % 3600) / 60)
  const s = seconds % 60
  return (h ? `${h}h` : '') + (m ? `${m}m` : '') + (s ? `${s}s` : '')
}

const trim = (x: number): string => String(Number(x.toPrecision(12)))

const NONE = '–'

/** Milliseconds for a table: three significant digits and the unit that fits, `850 µs`, `21.3 ms`, `1.25 s`. */
export function showMs(ms: number | null): string {
  if (ms === null) return NONE
  if (ms < 0.9995) return `${showDigits(ms * 1000)} µs`
  if (ms < 999.5) return `${showDigits(ms)} ms`
  if (ms < 99_950) return `${showDigits(ms / 1000)} s`
  return `${Math.round(ms / 1000)} s`
}

function showDigits(x: number): string {
  if (x >= 99.95) return x.toFixed(0)
  if (x >= 9.995) return x.toFixed(1)
  return x === 0 ? '0' : x.toFixed(2)
}

/** A count with thousands separators: `12,345`. */
export const showCount = (n: number): string => COUNT.format(Math.round(n))

const COUNT = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** A number of things: `1 user`, `1,200 users`. */
export const showMany = (n: number, noun: string): string => `${showCount(n)} ${noun}${n === 1 ? '' : 's'}`

/** A rate for a table: `539`, `53.9`, `5.39`, `0.017`. A rate above 0 never reads as 0. */
export function showRate(perS: number | null): string {
  if (perS === null) return NONE
  if (perS >= 100) return showCount(perS)
  if (perS >= 10) return perS.toFixed(1)
  return perS >= 0.1 || perS === 0 ? perS.toFixed(2) : trim(Number(perS.toPrecision(2)))
}

/** A ratio as a percentage; what is not zero never reads as 0 %, and what is not whole never as 100 %. */
export function showPercent(ratio: number | null): string {
  if (ratio === null) return NONE
  const percent = ratio * 100
  if (percent > 0 && percent < 0.01) return '<0.01%'
  if (percent < 100 && percent > 99.99) return '>99.99%'
  return `${Number(percent.toFixed(percent < 1 || percent > 99 ? 2 : 1))}%`
}

/** Bytes for a table: `812 B`, `1.4 kB`, `23.0 MB`. */
export function showBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return unit === 0 ? `${value} B` : `${value < 99.95 ? value.toFixed(1) : value.toFixed(0)} ${units[unit]}`
}

/** Run time for a clock on the screen: `0:07`, `1:02:03`. */
export function showClock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const h = Math.floor(whole / 3600)
  const m = Math.floor((whole % 3600) / 60)
  const ss = String(whole % 60).padStart(2, '0')
  return h > 0 ? `${h}:${String(m).padStart(2, '0')}:${ss}` : `${m}:${ss}`
}
