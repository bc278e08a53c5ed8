/** The instants that access logs write, in microseconds since 1970. */

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** `10/Oct/2000:13:55:36 -0700`, as nginx and Apache write it; Apache can add a fraction. */
const COMMON = /^(\d{1,2})\/([a-z]{3})\/(\d{4}):(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))? ?([+-]\d\d:?\d\d|Z)?$/i
/** ISO 8601, also with a blank in place of the T. */
const ISO = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))? ?([+-]\d\d:?\d\d|Z|UTC)?$/i

/** The instant of a text, in µs since 1970; `null` if it is none. A text without a zone is in UTC. */
export function parseStampUs(text: string): number | null {
  const iso = ISO.exec(text)
  if (iso !== null) {
    const [, year, month, day, hours, minutes, seconds, fraction, zone] = iso
    return stampUs([year!, Number(month) - 1, day!, hours!, minutes!, seconds!], fraction, zone)
  }
  const common = COMMON.exec(text)
  if (common !== null) {
    const [, day, month, year, hours, minutes, seconds, fraction, zone] = common
    const index = MONTHS.indexOf(month!.toLowerCase())
    return index < 0 ? null : stampUs([year!, index, day!, hours!, minutes!, seconds!], fraction, zone)
  }
  return /^\d{9,19}(\.\d+)?$/.test(text) ? epochUs(Number(text)) : null
}

/** Seconds since 1970, or milliseconds, microseconds or nanoseconds, by the size of the number; `null` if it is none. */
export function epochUs(value: number): number | null {
  if (!(value >= 1e8) || value >= 1e20) return null
  if (value < 1e11) return Math.round(value * 1e6)
  if (value < 1e14) return Math.round(value * 1e3)
  return Math.round(value < 1e17 ? value : value / 1e3)
}

type Parts = readonly [string, number, string, string, string, string]

function stampUs(parts: Parts, fraction = '', zone: string | undefined): number | null {
  const [year, month, day, hours, minutes, seconds] = parts.map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  if (month > 11 || day < 1 || day > 31 || hours > 23 || minutes > 59 || seconds > 60) return null
  // eslint-disable-next-line no-restricted-globals -- it computes, and reads no clock
  const ms = Date.UTC(year, month, day, hours, minutes, seconds)
  return (ms - zoneMs(zone)) * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6))
}

/** How far a zone such as `-0700` is ahead of UTC. */
function zoneMs(zone: string | undefined): number {
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(zone ?? '') ?? []
  if (sign === undefined) return 0
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
}

/** An instant as ISO 8601 in UTC, without a fraction of zero. */
export const instantText = (us: number): string =>
  // eslint-disable-next-line no-restricted-globals -- it computes, and reads no clock
  new Date(us / 1000).toISOString().replace(/\.000Z$/, 'Z')
