/** Values as the `faker` of Python makes them, from a user's own stream of numbers. */
import { notTranslated } from './python-error.ts'
import { Moment } from './date.ts'

type Random = () => number

const words = (text: string): readonly string[] => text.split(' ')
const FIRST = words(
  'Ada Ben Clara David Emma Frank Grace Henry Ines Jack Kate Liam Mia Noah Olga Paul Rosa Sam Tara Uma Victor Wendy',
)
const LAST = words(
  'Adams Baker Clark Davis Evans Foster Garcia Hughes Irwin Jones Keller Lopez Miller Nelson Owens Parker Quinn Reed Smith Turner Walsh Young',
)
const WORDS = words(
  'able again air area board body book business car case change child city company country day door early eye face fact family father field force friend game girl group hand head help history home hour house idea issue job kid kind land law level life line local main market member minute moment money month morning mother name night number office order page paper part party people person place plan point policy power problem program question reason result right road room school season service side skill state story street student study system table team test thing time town tree trip unit value view voice walk war water way week word work world year',
)
const CITIES = words(
  'Ashford Brookfield Clayton Dalton Easton Fairview Georgetown Hamilton Kingston Lakeside Madison Newport Oakland Preston Riverside Salem Troy Winchester',
)
const STREETS = words('Cedar Church Elm Hill Lake Main Maple Mill Oak Park Pine River Station Washington')
const COUNTRIES = words(
  'Austria Belgium Brazil Canada Chile Denmark Finland France Germany India Ireland Italy Japan Kenya Mexico Norway Poland Portugal Spain Sweden',
)
const COMPANIES = words('Inc Ltd Group PLC LLC')
const JOBS = words(
  'Accountant Architect Baker Chemist Dentist Editor Engineer Farmer Geologist Journalist Librarian Nurse Pilot Surveyor Teacher Translator',
)
const DOMAINS = words('example.com example.net example.org')

class Draw {
  readonly random: Random

  constructor(random: Random) {
    this.random = random
  }

  int(from: number, to: number): number {
    return from + Math.floor(this.random() * (to - from + 1))
  }

  of<T>(values: readonly T[]): T {
    return values[Math.floor(this.random() * values.length)]!
  }

  digits(count: number): string {
    return Array.from({ length: count }, () => this.int(0, 9)).join('')
  }

  hex(count: number): string {
    return Array.from({ length: count }, () => this.int(0, 15).toString(16)).join('')
  }

  sentence(count: number): string {
    const text = Array.from({ length: Math.max(1, count) }, () => this.of(WORDS)).join(' ')
    return `${text[0]!.toUpperCase()}${text.slice(1)}.`
  }
}

type Maker = (draw: Draw, given: readonly any[]) => unknown

const user: Maker = (draw) =>
  `${draw.of(FIRST)[0]!.toLowerCase()}${draw.of(LAST).toLowerCase()}${draw.digits(2)}`
const street: Maker = (draw) =>
  `${draw.int(1, 9999)} ${draw.of(STREETS)} ${draw.of(['Street', 'Road', 'Avenue'])}`
const email: Maker = (draw, given) => `${String(user(draw, given))}@${draw.of(DOMAINS)}`
const day = (draw: Draw, from: number, to: number): Moment =>
  new Moment(performance.timeOrigin + performance.now() + draw.int(from, to) * 86_400_000, true, false)

const MAKERS: Readonly<Record<string, Maker>> = {
  name: (draw) => `${draw.of(FIRST)} ${draw.of(LAST)}`,
  first_name: (draw) => draw.of(FIRST),
  last_name: (draw) => draw.of(LAST),
  user_name: user,
  email,
  safe_email: email,
  free_email: email,
  company_email: email,
  password: (draw, [length = 10]) => `${draw.hex(Math.max(4, Number(length)) - 3)}A1_`,
  word: (draw) => draw.of(WORDS),
  words: (draw, [count = 3]) => Array.from({ length: Number(count) }, () => draw.of(WORDS)),
  sentence: (draw, [count = 6]) => draw.sentence(Number(count)),
  paragraph: (draw, [count = 3]) => Array.from({ length: Number(count) }, () => draw.sentence(6)).join(' '),
  text: (draw, [most = 200]) => {
    let text = draw.sentence(5)
    while (text.length < Number(most) - 60) text += ` ${draw.sentence(5)}`
    return text.slice(0, Number(most))
  },
  city: (draw) => draw.of(CITIES),
  country: (draw) => draw.of(COUNTRIES),
  country_code: (draw) => draw.of(words('AT BE BR CA CL DK FI FR DE IN IE IT JP KE MX NO PL PT ES SE')),
  state: (draw) =>
    draw.of(words('Alabama Colorado Florida Georgia Iowa Kansas Maine Nevada Ohio Oregon Texas Utah')),
  street_name: (draw) => `${draw.of(STREETS)} ${draw.of(['Street', 'Road', 'Avenue'])}`,
  street_address: street,
  building_number: (draw) => String(draw.int(1, 9999)),
  postcode: (draw) => draw.digits(5),
  zipcode: (draw) => draw.digits(5),
  address: (draw, given) => `${String(street(draw, given))}\n${draw.of(CITIES)}, ${draw.digits(5)}`,
  phone_number: (draw) => `${draw.digits(3)}-${draw.digits(3)}-${draw.digits(4)}`,
  company: (draw) => `${draw.of(LAST)} ${draw.of(COMPANIES)}`,
  job: (draw) => draw.of(JOBS),
  uuid4: (draw) => `${draw.hex(8)}-${draw.hex(4)}-4${draw.hex(3)}-a${draw.hex(3)}-${draw.hex(12)}`,
  random_int: (draw, [from = 0, to = 9999]) => draw.int(Number(from), Number(to)),
  pyint: (draw, [from = 0, to = 9999]) => draw.int(Number(from), Number(to)),
  random_number: (draw, [digits = 6]) => draw.int(0, 10 ** Number(digits) - 1),
  random_digit: (draw) => draw.int(0, 9),
  pyfloat: (draw) => draw.random() * 1000,
  pystr: (draw) => draw.hex(20),
  boolean: (draw) => draw.random() < 0.5,
  pybool: (draw) => draw.random() < 0.5,
  random_element: (draw, [values]) => draw.of(values as readonly unknown[]),
  ipv4: (draw) => `10.${draw.int(0, 255)}.${draw.int(0, 255)}.${draw.int(1, 254)}`,
  url: (draw) => `https://www.${draw.of(DOMAINS)}/`,
  domain_name: (draw) => draw.of(DOMAINS),
  slug: (draw) => `${draw.of(WORDS)}-${draw.of(WORDS)}-${draw.of(WORDS)}`,
  color_name: (draw) =>
    draw.of(
      words(
        'Aqua Beige Blue Coral Gold Gray Green Ivory Lime Navy Olive Orange Pink Plum Red Silver Teal Violet White Yellow',
      ),
    ),
  hex_color: (draw) => `#${draw.hex(6)}`,
  date: (draw) => day(draw, -10_000, 0).isoformat(),
  date_of_birth: (draw) => day(draw, -30_000, -6_600),
  past_date: (draw) => day(draw, -30, -1),
  future_date: (draw) => day(draw, 1, 30),
  credit_card_number: (draw) => `4${draw.digits(15)}`,
  iban: (draw) => `GB${draw.digits(2)}TEST${draw.digits(14)}`,
  currency_code: (draw) => draw.of(words('AUD CAD CHF EUR GBP JPY NOK SEK USD')),
  ean13: (draw) => draw.digits(13),
  md5: (draw) => draw.hex(32),
  sha1: (draw) => draw.hex(40),
  sha256: (draw) => draw.hex(64),
}

/** Whether there is a value of this name. */
export const FAKES: readonly string[] = Object.keys(MAKERS)

/** `fake.NAME(…)`: a value of the same form as the `faker` of Python makes; the values themselves are others. */
export function fake(random: Random, name: string, ...given: readonly any[]): any {
  const maker = Object.hasOwn(MAKERS, name) ? MAKERS[name] : undefined
  return maker === undefined ? notTranslated(`faker's ${name}()`) : maker(new Draw(random), given)
}
