/** Server-sent events: what an event stream says, and that it says so however it is cut into pieces. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EventParser, type ServerEvent } from '../../../src/core/request/event-parser.ts'

const parsed = (pieces: readonly Uint8Array[], most = 1000): ServerEvent[] => {
  const parser = new EventParser(most)
  return pieces.flatMap((piece) => parser.take(piece))
}
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const event = (data: string, more: Partial<ServerEvent> = {}): ServerEvent => ({
  event: 'message',
  data,
  id: '',
  retryMs: null,
  ...more,
})

test.each<[string, string, ServerEvent[]]>([
  ['a line of data', 'data: a\n\n', [event('a')]],
  ['lines of data', 'data: YHOO\ndata: +2\ndata: 10\n\n', [event('YHOO\n+2\n10')]],
  ['one space after the colon', 'data:a\n\ndata:  b\n\n', [event('a'), event(' b')]],
  ['data without a value', 'data\n\ndata\ndata\n\n', [event(''), event('\n')]],
  ['no data', 'event: x\nid: 1\n\ndata: a\n\n', [event('a', { id: '1' })]],
  ['a type of one event', 'event: add\ndata: 1\n\ndata: 2\n\n', [event('1', { event: 'add' }), event('2')]],
  [
    'ids that stay',
    'id: 7\ndata: a\n\ndata: b\n\nid\ndata: c\n\n',
    [event('a', { id: '7' }), event('b', { id: '7' }), event('c')],
  ],
  ['an id with NUL', 'id: 1\nid: \0\ndata: a\n\n', [event('a', { id: '1' })]],
  ['comments and other fields', ': hi\nfoo: x\n:\ndata: a\n\n', [event('a')]],
  [
    'a retry',
    'retry: 250\ndata: a\n\nretry: 1s\ndata: b\n\n',
    [event('a', { retryMs: 250 }), event('b', { retryMs: 250 })],
  ],
  ['a byte order mark', '\ufeffdata: a\n\n', [event('a')]],
  [
    'every line end',
    'data: a\r\n\r\ndata: b\r\rdata: c\n\r\ndata: d\r\n\r',
    [event('a'), event('b'), event('c'), event('d')],
  ],
  ['an event without its end', 'data: a\n\ndata: b\n', [event('a')]],
])('%s', (_, text, events) => {
  expect(parsed([bytes(text)])).toEqual(events)
})

/** As the standard says it, for a text that has come whole. */
function reference(text: string): ServerEvent[] {
  const events: ServerEvent[] = []
  let [name, id] = ['', '']
  let data: string[] = []
  let retryMs: number | null = null
  const lines = text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/)
  for (const line of lines.slice(0, -1)) {
    const { field, value = '' } = /^(?<field>[^:]*)(?:: ?(?<value>.*))?$/s.exec(line)!.groups!
    if (line === '') {
      if (data.length > 0) events.push({ event: name || 'message', data: data.join('\n'), id, retryMs })
      data = []
      name = ''
    } else if (field === 'data') data.push(value)
    else if (field === 'event') name = value
    else if (field === 'id' && !value.includes('\0')) id = value
    else if (field === 'retry' && /^[0-9]+$/.test(value)) retryMs = Number(value)
  }
  return events
}

test('events are the same however their bytes are cut', () => {
  const word = fc.constantFrom(
    'data',
    'data:',
    'data: ',
    'event: x',
    'id: 1',
    'id',
    'retry: 9',
    ': c',
    'é€😀',
    '\ufeff',
    '\0',
    ' ',
    ':',
  )
  const end = fc.constantFrom('\n', '\r', '\r\n', '\n\n', '\r\r', '\r\n\r\n')
  const text = fc.array(fc.oneof(word, end, end), { maxLength: 40 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(text, fc.array(fc.nat(200), { maxLength: 20 }), (whole, cuts) => {
      const all = bytes(whole)
      const at = [0, ...cuts.filter((cut) => cut <= all.length).sort((a, b) => a - b), all.length]
      const pieces = at.slice(1).map((to, i) => all.subarray(at[i], to))
      expect(parsed(pieces)).toEqual(reference(whole))
    }),
    { numRuns: 1000 },
  )
})

test('an event that is too long is known before its end has come, and nothing of it is kept', () => {
  for (const text of ['data: 345678901', 'data: 34567\ndata: 8901', ': 34567890123456']) {
    const parser = new EventParser(10)
    expect(parser.take(bytes('data: fits\n\n'))).toHaveLength(1)
    expect(parser.isTooLong).toBe(false)
    parser.take(bytes(text))
    expect([text, parser.isTooLong]).toEqual([text, true])
    expect(parser.take(bytes('\n\n\n\ndata: a\n\n'))).toEqual([])
  }
})
