/** The log of a worker's tasks: what is passed on of what they write. */
import { expect, test } from 'vitest'
import { MOST_LOGGED_PER_S, type LogEntry } from '../../src/core/measure/task-log.ts'
import { renderLogEntry } from '../../src/output/text/log-text.ts'
import { captureConsole } from '../../src/scenario/console.ts'
import { TaskLog } from '../../src/worker/scenario/task-log.ts'

function aLog() {
  const sent: LogEntry[] = []
  const time = { nowUs: -1 }
  const log = new TaskLog({
    worker: 1,
    nowUs: () => time.nowUs,
    hide: (text) => text.replaceAll('s3cret', '***'),
    send: (entries) => sent.push(...entries),
  })
  return { log, sent, time }
}

test('entries have their time, their level and no secrets, and are of bounded length', () => {
  const { log, sent, time } = aLog()
  log.write('log', () => 'before the start')
  time.nowUs = 1_234_567
  log.write('warn', () => 'token s3cret')
  log.write('log', () => 'x'.repeat(10_000))
  expect(sent).toEqual([])
  log.flush()
  expect(sent.slice(0, 2)).toEqual([
    { atS: 0, worker: 1, level: 'log', text: 'before the start' },
    { atS: 1.235, worker: 1, level: 'warn', text: 'token ***' },
  ])
  expect(sent[2]!.text).toHaveLength(4001)
})

test('a flood is cut off in each second, counted, and not even made into text', () => {
  const { log, sent, time } = aLog()
  let made = 0
  const flood = (n: number): void => {
    for (let i = 0; i < n; i++) log.write('log', () => `line ${made++}`)
  }
  flood(1000)
  log.flush()
  expect(sent).toHaveLength(MOST_LOGGED_PER_S)
  time.nowUs = 1_000_000
  flood(1)
  flood(100)
  time.nowUs = 1_500_000
  log.flush(true)
  expect(made).toBe(200)
  expect(sent.filter(({ level }) => level === 'warn')).toEqual([
    {
      atS: 1,
      worker: 1,
      level: 'warn',
      text: '900 more entries were dropped: a worker passes on 100 in a second',
    },
    {
      atS: 1.5,
      worker: 1,
      level: 'warn',
      text: '1 more entry was dropped: a worker passes on 100 in a second',
    },
  ])
})

test('what is written to the console is passed on until it is released', () => {
  const written: string[] = []
  const { log } = console
  const release = captureConsole((level, text) => written.push(`${level} ${text()}`))
  console.log('a %d', 1, { b: 2 })
  console.error(new Error('c').message)
  release()
  expect(console.log).toBe(log)
  expect(written).toEqual(['log a 1 { b: 2 }', 'error c'])
})

test('each line of an entry is shown with its source, without control characters', () => {
  const lines = renderLogEntry(
    { atS: 12, worker: 0, level: 'log', text: 'one\n\u001b[2Jtwo' },
    { color: false, width: Infinity },
  )
  expect(lines).toEqual(['0:12 worker 0  one', '0:12 worker 0  �[2Jtwo'])
})
