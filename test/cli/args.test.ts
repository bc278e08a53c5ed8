/** What words of the command line mean, and what is said of those that mean nothing. */
import { describe, expect, test } from 'vitest'
import { parseArgv } from '../../src/cli/args.ts'
import { optionsOf } from '../../src/cli/command.ts'
import { renderProblem } from '../../src/cli/problem.ts'

const parse = (words: string) => parseArgv(words.split(' ').filter((word) => word !== ''))
const problems = (words: string): string[] => parse(words).problems.map(renderProblem)
const options = (words: string): object => {
  const command = parse(words)
  expect(command.problems).toEqual([])
  return optionsOf(command)
}

describe('a word without a flag', () => {
  test('is the URL, or the scenario file, wherever it stands', () => {
    expect(options('http://h/a -u 5')).toEqual({ url: 'http://h/a', users: '5' })
    expect(options('-k HTTPS://h')).toEqual({ url: 'HTTPS://h', insecure: true })
    expect(options('s.ts http://h/')).toEqual({ scenario: 's.ts', url: 'http://h/' })
    expect(options('debug http://h/ s.mjs')).toEqual({ scenario: 's.mjs', url: 'http://h/' })
    expect(options('http://h/x.js')).toEqual({ url: 'http://h/x.js' })
  })

  test('is one of each at most', () => {
    expect(problems('http://h/ http://me:secret@i/')).toEqual([
      'http://***@i/ is a second URL: a run has one, see --targets',
    ])
    expect(problems('--url http://h/ http://i/')).toHaveLength(1)
    expect(problems('a.ts b.ts')).toEqual(['b.ts is a second scenario file: a run has one'])
    expect(problems('target http://h/')).toEqual(['http://h/ is not an option here'])
  })
})

describe('a flag of another tool', () => {
  test.each([
    ['-f locustfile.py', '-f is Locust'],
    ['--locustfile=a.py', '--locustfile is Locust'],
    ['-t 5m', "-t is Locust's: use --duration"],
    ['--run-time 5m', "--run-time is Locust's: use --duration"],
    ['--headless', "--headless is Locust's: leave it out"],
    ['--host http://h/', "--host is Locust's: use --url"],
    ['--processes 4', "--processes is Locust's: use --workers"],
    ['--csv out', "--csv is Locust's: use --out csv=PREFIX"],
    ['--html a.html', "--html is Locust's: use --out html=PATH"],
    ['--list', "--list is Locust's: use --dry-run"],
    ['-l', "-l is Locust's: use --dry-run"],
    ['locustfile.py', 'locustfile.py is not a scenario of corerush'],
    ['-H http://staging', '--header must be "Name: value", got a URL; did you mean --url http://staging?'],
  ])('%s', (words, message) => {
    expect(problems(words)).toEqual([expect.stringContaining(message)])
  })

  test('takes its value with it, and the rest is read as it was meant', () => {
    const { texts, switches } = parse('-t 5m --host http://h/ --headless -u 5 -q')
    expect(Object.fromEntries(texts)).toEqual({ duration: '5m', url: 'http://h/', users: '5' })
    expect(switches.get('quiet')).toBe(true)
    expect(parse('--headless s.ts').texts.get('scenario')).toBe('s.ts')
    expect(parse('-H http://h/ -H A:b').lists.get('headers')).toEqual(['A:b'])
    // A flag that was given has the last word.
    expect(parse('-t 5m -d 1s').texts.get('duration')).toBe('1s')
  })

  test('is a flag of the command that has it', () => {
    expect(parse('target --host 127.0.0.1').problems).toEqual([])
    expect(problems('compare a b -t 5')).toEqual(['-t is not a flag'])
  })
})

describe('a word that is no flag', () => {
  test.each([
    ['--uesrs 5', '--uesrs is not a flag; did you mean --users?'],
    ['--concurency 5', '--concurency is not a flag; did you mean --concurrency?'],
    ['--toString x', '--toString is not a flag'],
    ['--constructor', '--constructor is not a flag'],
    ['--no-workers', '--no-workers is not a flag'],
    ['--headers A:b', '--headers is not a flag; did you mean --header?'],
    ['--insecure=yes', '--insecure takes no value, got "yes"'],
    ['-u 5 --vus 6', '--users was given 2 times: 5, 6'],
    ['--auth a:b --auth c:d', '--auth was given 2 times'],
    ['--seed', '--seed needs a value'],
    ['http://h/ target', 'target is not a command here; it comes first: corerush target …'],
  ])('%s', (words, message) => expect(problems(words)).toEqual([message]))

  test('but one may be switched off, or stand alone', () => {
    expect(parse('--no-config').off.has('config')).toBe(true)
    expect(parse('--web').texts.get('web')).toBe('')
    expect(options('--no-keepalive')).toEqual({ keepAlive: false })
  })
})
