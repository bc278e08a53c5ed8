/** Python's `random`, from a stream of numbers in [0, 1) such as a user's own. */
import { error } from './python-error.ts'
import { list } from './value.ts'
import { range } from './number.ts'

type Random = () => number

/** `random.randint(from, to)`: both included. */
export function randint(random: Random, from: number, to: number): number {
  if (to < from) throw error('ValueError', `empty range for randrange() (${from}, ${to + 1})`)
  return from + Math.floor(random() * (to - from + 1))
}

/** `random.randrange(…)`. */
export const randrange = (random: Random, from: number, to?: number, step = 1): number =>
  choice(random, range(from, to, step)) as number

/** `random.uniform(from, to)`. */
export const uniform = (random: Random, from: number, to: number): number => from + (to - from) * random()

/** `random.choice(values)`. */
export function choice(random: Random, values: any): any {
  const all = list(values)
  if (all.length === 0) throw error('IndexError', 'Cannot choose from an empty sequence')
  return all[Math.floor(random() * all.length)]
}

/** `random.choices(values, weights, k=…)`. */
export function choices(random: Random, values: any, weights: any = null, k = 1): any[] {
  const all = list(values)
  const each = weights === null ? all.map(() => 1) : (list(weights) as number[])
  if (each.length !== all.length)
    throw error('ValueError', 'The number of weights does not match the population')
  const total = each.reduce((a, b) => a + b, 0)
  return Array.from({ length: k }, () => {
    let at = random() * total
    return all[
      Math.max(
        0,
        each.findIndex((weight) => (at -= weight) < 0),
      )
    ] as unknown
  })
}

/** `random.sample(values, k)`. */
export function sample(random: Random, values: any, k: number): any[] {
  const all = list(values)
  if (k > all.length || k < 0) throw error('ValueError', 'Sample larger than population or is negative')
  return shuffled(random, all).slice(0, k)
}

/** `random.shuffle(values)`. */
export function shuffle(random: Random, values: any[]): void {
  values.splice(0, values.length, ...shuffled(random, values))
}

function shuffled(random: Random, values: readonly any[]): any[] {
  const all: unknown[] = [...(values as unknown[])]
  for (let i = all.length - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1))
    ;[all[i], all[other]] = [all[other], all[i]]
  }
  return all
}

/** `random.expovariate(lambda)`, `random.gauss(mean, deviation)`. */
export const expovariate = (random: Random, lambda: number): number => -Math.log(1 - random()) / lambda
export const gauss = (random: Random, mean = 0, deviation = 1): number =>
  mean + deviation * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

/** The texts of Python's `string`. */
export const ASCII_LOWERCASE = 'abcdefghijklmnopqrstuvwxyz'
export const ASCII_UPPERCASE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
export const ASCII_LETTERS = ASCII_LOWERCASE + ASCII_UPPERCASE
export const DIGITS = '0123456789'
export const HEXDIGITS = '0123456789abcdefABCDEF'
export const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'
