/** Python's `datetime`: dates, times and spans. Times without a zone are those of this host; zones other than UTC are not known. */
import { error, notTranslated } from './python-error.ts'
import { isNumber, TEXT } from './value.ts'

const DAY_MS = 86_400_000
const pad = (value: number, digits = 2): string => String(value).padStart(digits, '0')
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

/** A `timedelta`. */
export class Span {
  readonly order: number

  /** In milliseconds. */
  constructor(ms: number) {
    this.order = ms
  }

  get days(): number {
    return Math.floor(this.order / DAY_MS)
  }

  get seconds(): number {
    return Math.floor((this.order - this.days * DAY_MS) / 1000)
  }

  total_seconds(): number {
    return this.order / 1000
  }

  times(by: unknown): unknown {
    return isNumber(by) ? new Span(this.order * Number(by)) : undefined
  }

  plus(other: unknown): unknown {
    if (other instanceof Moment) return other.plus(this)
    return other instanceof Span ? new Span(this.order + other.order) : undefined
  }

  minus(other: unknown): unknown {
    return other instanceof Span ? new Span(this.order - other.order) : undefined
  }

  [TEXT](): string {
    const { days, seconds } = this
    const time = `${Math.floor(seconds / 3600)}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`
    return days === 0 ? time : `${days} day${Math.abs(days) === 1 ? '' : 's'}, ${time}`
  }
}

/** A `datetime`, or a `date`. */
export class Moment {
  /** What a clock on the wall shows, in milliseconds as if it were UTC. */
  readonly order: number
  readonly #isDate: boolean
  readonly #isUtc: boolean

  constructor(order: number, isDate: boolean, isUtc: boolean) {
    this.order = isDate ? Math.floor(order / DAY_MS) * DAY_MS : order
    this.#isDate = isDate
    this.#isUtc = isUtc
  }

  get #at(): Date {
    return new Date(this.order)
  }

  get year(): number {
    return this.#at.getUTCFullYear()
  }

  get month(): number {
    return this.#at.getUTCMonth() + 1
  }

  get day(): number {
    return this.#at.getUTCDate()
  }

  get hour(): number {
    return this.#at.getUTCHours()
  }

  get minute(): number {
    return this.#at.getUTCMinutes()
  }

  get second(): number {
    return this.#at.getUTCSeconds()
  }

  get microsecond(): number {
    return Math.round((this.order - Math.floor(this.order / 1000) * 1000) * 1000)
  }

  weekday(): number {
    return (this.#at.getUTCDay() + 6) % 7
  }

  date(): Moment {
    return new Moment(this.order, true, false)
  }

  isoweekday(): number {
    return this.weekday() + 1
  }

  /** `moment.replace(hour=…)`. */
  with({ tzinfo, ...given }: Readonly<Record<string, any>>): Moment {
    const { year, month, day, hour, minute, second, microsecond } = this
    const all = { year, month, day, hour, minute, second, microsecond, ...given }
    const made = datetime(all.year, all.month, all.day, all.hour, all.minute, all.second, all.microsecond)
    const isUtc = tzinfo === undefined ? this.#isUtc : tzinfo === 'aware'
    return new Moment(made.order, this.#isDate, isUtc)
  }

  /** The moment in UTC. */
  astimezone(): Moment {
    return new Moment(this.timestamp() * 1000, false, true)
  }

  timestamp(): number {
    if (this.#isUtc) return this.order / 1000
    const { year, month, day, hour, minute, second, microsecond } = this
    return new Date(year, month - 1, day, hour, minute, second).getTime() / 1000 + microsecond / 1e6
  }

  isoformat(separator = 'T'): string {
    const date = this.strftime('%Y-%m-%d')
    if (this.#isDate) return date
    const fraction = this.microsecond === 0 ? '' : `.${pad(this.microsecond, 6)}`
    return `${date}${separator}${this.strftime('%H:%M:%S')}${fraction}${this.#isUtc ? '+00:00' : ''}`
  }

  strftime(format: string): string {
    return format.replace(/%(-?)([a-zA-Z%])/g, (whole, plain: string, letter: string) => {
      const found = this.#field(letter)
      if (found === null) throw error('ValueError', `strftime with ${whole}`)
      return plain === '' ? found : found.replace(/^0+(?=\d)/, '')
    })
  }

  #field(letter: string): string | null {
    const at = this.#at
    const fields: Readonly<Record<string, () => string>> = {
      Y: () => pad(this.year, 4),
      y: () => pad(this.year % 100),
      m: () => pad(this.month),
      d: () => pad(this.day),
      H: () => pad(this.hour),
      I: () => pad(this.hour % 12 === 0 ? 12 : this.hour % 12),
      p: () => (this.hour < 12 ? 'AM' : 'PM'),
      M: () => pad(this.minute),
      S: () => pad(this.second),
      f: () => pad(this.microsecond, 6),
      j: () => pad(Math.floor((this.order - Date.UTC(this.year, 0)) / DAY_MS) + 1, 3),
      A: () => DAYS[at.getUTCDay()]!,
      a: () => DAYS[at.getUTCDay()]!.slice(0, 3),
      w: () => String(at.getUTCDay()),
      B: () => MONTHS[at.getUTCMonth()]!,
      b: () => MONTHS[at.getUTCMonth()]!.slice(0, 3),
      z: () => (this.#isUtc ? '+0000' : ''),
      Z: () => (this.#isUtc ? 'UTC' : ''),
      s: () => String(Math.floor(this.timestamp())),
      '%': () => '%',
    }
    return fields[letter]?.() ?? null
  }

  plus(other: unknown): unknown {
    return other instanceof Span ? new Moment(this.order + other.order, this.#isDate, this.#isUtc) : undefined
  }

  minus(other: unknown): unknown {
    if (other instanceof Moment) return new Span(this.order - other.order)
    return other instanceof Span ? this.plus(new Span(-other.order)) : undefined
  }

  [TEXT](): string {
    return this.isoformat(' ')
  }
}

const now = (): number => performance.timeOrigin + performance.now()

/** The wall clock of this host, as if it were UTC. */
const wallOf = (ms: number): number => ms - new Date(ms).getTimezoneOffset() * 60_000

const microseconds = (ms: number): number => Math.floor(ms * 1000) / 1000

/** `datetime.now()`; `utcnow()`; `now(timezone.utc)`, which knows its zone. */
export const datetimeNow = (zone: 'local' | 'utc' | 'aware' = 'local'): Moment =>
  new Moment(microseconds(zone === 'local' ? wallOf(now()) : now()), false, zone === 'aware')

/** `date.today()`. */
export const dateToday = (): Moment => new Moment(wallOf(now()), true, false)

/** `datetime(year, month, day, …)`. */
export const datetime = (
  year: number,
  month: number,
  day: number,
  hour = 0,
  minute = 0,
  second = 0,
  microsecond = 0,
  zone: 'aware' | null = null,
): Moment =>
  new Moment(
    Date.UTC(year, month - 1, day, hour, minute, second) + microsecond / 1000,
    false,
    zone === 'aware',
  )

/** `datetime.fromisoformat(text)`, with UTC or no zone. */
export function fromIso(text: string): Moment {
  const match =
    /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?(Z|[+-]00:?00)?)?$/.exec(text)
  if (match === null) throw error('ValueError', `Invalid isoformat string: '${text}'`)
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = match
  return datetime(
    Number(year),
    Number(month),
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    Number(fraction.padEnd(6, '0')),
    zone === undefined ? null : 'aware',
  )
}

const READ: Readonly<Record<string, string>> = {
  Y: '(?<year>\\d{4})',
  m: '(?<month>\\d{1,2})',
  d: '(?<day>\\d{1,2})',
  H: '(?<hour>\\d{1,2})',
  M: '(?<minute>\\d{1,2})',
  S: '(?<second>\\d{1,2})',
  f: '(?<fraction>\\d{1,6})',
  z: '(?<zone>Z|[+-]00:?00)',
  b: '(?<name>[A-Za-z]{3})',
  B: '(?<name>[A-Za-z]+)',
}

/** `datetime.strptime(text, format)`. */
export function parseTime(text: string, format: string): Moment {
  const pattern = format.replace(/%(.)|[.*+?^${}()|[\]\\]/g, (whole, letter?: string) => {
    if (letter === undefined) return `\\${whole}`
    if (letter === '%') return '%'
    return READ[letter] ?? (notTranslated(`strptime with ${whole}`) as string)
  })
  const found = new RegExp(`^${pattern}$`).exec(text)?.groups
  if (found === undefined) throw error('ValueError', `time data '${text}' does not match format '${format}'`)
  const { year = '1900', month, day = '1', hour = '0', minute = '0', second = '0' } = found
  const named = MONTHS.findIndex((one) => found['name'] !== undefined && one.startsWith(found['name'])) + 1
  return datetime(
    Number(year),
    Number(month ?? (named > 0 ? named : 1)),
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
    Number((found['fraction'] ?? '').padEnd(6, '0')),
    found['zone'] === undefined ? null : 'aware',
  )
}

/** `date(year, month, day)`. */
export const date = (year: number, month: number, day: number): Moment =>
  new Moment(Date.UTC(year, month - 1, day), true, false)

/** `datetime.fromtimestamp(seconds)`. */
export const fromTimestamp = (seconds: any, zone: 'aware' | null = null): Moment =>
  zone === null
    ? new Moment(wallOf(Number(seconds) * 1000), false, false)
    : new Moment(Number(seconds) * 1000, false, true)

/** `timedelta(days=…, hours=…)`. */
export const timedelta = ({
  days = 0,
  seconds = 0,
  microseconds: micro = 0,
  milliseconds = 0,
  minutes = 0,
  hours = 0,
  weeks = 0,
}: Readonly<Record<string, number>> = {}): Span =>
  new Span(
    (weeks * 7 + days) * DAY_MS +
      hours * 3_600_000 +
      minutes * 60_000 +
      seconds * 1000 +
      milliseconds +
      micro / 1000,
  )
