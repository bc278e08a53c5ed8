/** Bodies, fields and headers of any kind that a task can give: sent as what they are, or refused with their kind. */
import { describe, expect, test } from 'vitest'
import type { Http, RequestOptions } from '../../src/scenario/http.ts'
import type { RequestPlan } from '../../src/core/request/request.ts'
import { aPlan } from '../support/plan.ts'
import { Simulation } from '../support/simulation.ts'

/** What a task that does this sends, and the messages of its errors. */
async function does(
  task: (http: Http) => unknown,
): Promise<{ readonly sent: readonly RequestPlan[]; readonly errors: readonly string[] }> {
  const plan = {
    ...aPlan({ stages: [{ fromUsers: 1, toUsers: 1, durationS: 0 }] }),
    iterations: 1,
    durationS: null,
  }
  const run = new Simulation(plan, undefined, { script: { tasks: { T: ({ http }) => task(http) } } })
  await run.to(1)
  run.stop(1)
  await run.to(2)
  return {
    sent: run.sent.map(({ request }) => request),
    errors: [...run.total.taskErrors.values()].map(({ message }) => message),
  }
}

/** The target, content type and body of the one request, or why it was refused. */
async function sent(options: unknown): Promise<readonly unknown[] | string> {
  const { sent, errors } = await does((http) => http.post('/f', options as RequestOptions))
  if (sent.length === 0) return errors.join()
  const { url, headers, body } = sent[0]!
  const own = headers
    .filter(([name]) => /^(x-|accept|content-type)/i.test(name))
    .map((pair) => pair.join('='))
  return [
    url.slice(url.indexOf('/f')),
    own.join('&'),
    body === null ? null : 'text' in body ? body.text : body.base64,
  ]
}

const form = (...entries: [string, string | Blob][]): FormData => {
  const made = new FormData()
  for (const [name, value] of entries) made.append(name, value)
  return made
}
const FORM = 'content-type=application/x-www-form-urlencoded'
const bytes = new TextEncoder().encode('hello')

describe('sent as what they are', () => {
  test.each<[unknown, readonly unknown[]]>([
    [{ form: { topping: ['a', 'b'], note: 'x y' } }, ['/f', FORM, 'topping=a&topping=b&note=x+y']],
    [{ form: { a: undefined, b: [undefined, 1], c: true, d: 9n } }, ['/f', FORM, 'b=1&c=true&d=9']],
    [{ form: new URLSearchParams('a=1&a=2') }, ['/f', FORM, 'a=1&a=2']],
    [{ form: new Map<string, unknown>([['a', [1, 2]]]) }, ['/f', FORM, 'a=1&a=2']],
    [
      {
        form: [
          ['a', '1'],
          ['a', 2],
        ],
      },
      ['/f', FORM, 'a=1&a=2'],
    ],
    [{ form: form(['a', '1']) }, ['/f', FORM, 'a=1']],
    [{ form: {} }, ['/f', FORM, '']],
    [{ query: { id: [1, 2], q: undefined, s: 'ä b' } }, ['/f?id=1&id=2&s=%C3%A4+b', '', null]],
    [
      {
        query: new URLSearchParams([
          ['a', '1'],
          ['a', '2'],
        ]),
      },
      ['/f?a=1&a=2', '', null],
    ],
    [{ headers: new Headers({ 'X-A': '1' }) }, ['/f', 'x-a=1', null]],
    [{ headers: new Map([['X-A', '1']]) }, ['/f', 'X-A=1', null]],
    [{ headers: { 'X-A': ['1', '2'], 'X-B': undefined, 'X-C': 5 } }, ['/f', 'X-A=1&X-A=2&X-C=5', null]],
    [{ headers: ['X-A: 1'] }, ['/f', 'X-A=1', null]],
    [{ body: bytes }, ['/f', '', 'hello']],
    [{ body: bytes.buffer }, ['/f', '', 'hello']],
    [{ body: new DataView(bytes.buffer, 1, 3) }, ['/f', '', 'ell']],
    [{ body: new Uint16Array([0x6568, 0x6c6c]) }, ['/f', '', 'hell']],
    [{ body: new URLSearchParams({ a: '1' }) }, ['/f', FORM, 'a=1']],
    [{ body: new Blob(['hel', 'lo']) }, ['/f', '', 'hello']],
    [{ body: new Blob(['{}'], { type: 'application/json' }) }, ['/f', 'content-type=application/json', '{}']],
    [
      { body: new Blob(['x'], { type: 'text/css' }), headers: { Accept: 'a' } },
      ['/f', 'content-type=text/css&Accept=a', 'x'],
    ],
    [{ body: '' }, ['/f', '', '']],
    [{ body: undefined, json: undefined, form: undefined }, ['/f', '', null]],
    [{ json: 'text' }, ['/f', 'content-type=application/json', '"text"']],
    [{ json: null }, ['/f', 'content-type=application/json', 'null']],
    [
      { json: { d: new Date(0), e: {}, l: [], o: { toJSON: () => ({}) } } },
      ['/f', 'content-type=application/json', '{"d":"1970-01-01T00:00:00.000Z","e":{},"l":[],"o":{}}'],
    ],
    [Object.assign(Object.create(null), { body: 'x' }), ['/f', '', 'x']],
  ])('%o', async (options, expected) => expect(await sent(options)).toEqual(expected))

  test('a form with a file as multipart, its names quoted, and a boundary that is in none of its parts', async () => {
    const file = new File(['a\n----corerush-form-boundary'], 'a"\n.txt', { type: 'text/plain' })
    const [, type, body] = await sent({
      body: form(['t"ext', 'x\ny'], ['file', file], ['raw', new Blob([bytes])]),
    })
    expect(type).toBe('content-type=multipart/form-data; boundary=----corerush-form-boundary1')
    const boundary = '------corerush-form-boundary1'
    expect((body as string).split('\r\n')).toEqual([
      ...[boundary, 'Content-Disposition: form-data; name="t%22ext"', '', 'x', 'y'],
      ...[
        boundary,
        'Content-Disposition: form-data; name="file"; filename="a%22%0D%0A.txt"',
        'Content-Type: text/plain',
      ],
      ...['', 'a\n----corerush-form-boundary'],
      ...[
        boundary,
        'Content-Disposition: form-data; name="raw"; filename="blob"',
        'Content-Type: application/octet-stream',
      ],
      ...['', 'hello'],
      ...[`${boundary}--`, ''],
    ])
    // What it wrote is what others read.
    const headers = { 'content-type': (type as string).slice('content-type='.length) }
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- a reader that did not write it
    const read = await new Response(body as string, { headers }).formData()
    expect([...read.keys()]).toEqual(['t"ext', 'file', 'raw'])
    expect(await (read.get('file') as Blob).text()).toBe(await file.text())
  })

  test('the URL as a URL', async () => {
    const { sent } = await does((http) => http.get(new URL('http://127.0.0.1:1/a?b=c')))
    expect(sent.map(({ url }) => url)).toEqual(['http://127.0.0.1:1/a?b=c'])
  })
})

describe('refused with their kind', () => {
  test.each<[unknown, string]>([
    [
      { body: { a: 1 } },
      'body must be text, bytes, URLSearchParams, FormData or a Blob, got an object; send values with json, fields with form',
    ],
    [{ body: [1] }, 'got a list; send values with json'],
    [{ body: 5 }, 'got 5'],
    [{ body: null }, 'got null; leave it out to send none'],
    [{ body: Promise.resolve('x') }, 'got a Promise; await it first'],
    [{ body: new ReadableStream() }, 'got a ReadableStream; read it first'],
    [{ body: new Set(['a']) }, 'got a Set'],
    [{ body: 'half \ud83d' }, 'body is text with half a character'],
    [{ form: { a: { b: 1 } } }, 'form: "a" must be text, a number or true or false, got an object'],
    [{ form: { a: [['b']] } }, 'form: "a" must be text, a number or true or false, got a list'],
    [{ form: { a: null } }, 'got null'],
    [{ form: { a: NaN } }, 'got NaN'],
    [{ form: { a: new Date(0) } }, 'got a Date'],
    [{ form: form(['a', new Blob(['x'])]) }, 'got a File; a FormData with files is a body'],
    [{ form: 'a=1' }, 'form must be an object with fields, or a list of pairs, got "a=1", a string'],
    [{ query: new Set(['a']) }, 'got a Set'],
    [{ query: [['a']] }, 'query must be a list of pairs of name and value, and one of them is a list'],
    [{ query: new Map([[1, 'a']]) }, 'query has a name that is no text but 1'],
    [
      { headers: { 'X-A': { a: 1 } } },
      'headers: "X-A" must be text, a number or true or false, got an object',
    ],
    [{ headers: new Headers({ 'content-length': '1' }) }, 'headers must not set content-length'],
    [{ headers: { 'X-A': 'a\r\nb' } }, 'headers must have values of printable'],
    [{ json: () => 1 }, 'json must be a value that JSON knows, got a function'],
    [{ json: Symbol('x') }, 'got a symbol'],
    [{ json: new Map([['a', 1]]) }, 'json must be a value that JSON knows, got a Map'],
    [{ json: bytes }, 'got a Uint8Array'],
    [
      { json: { a: [{ token: Promise.resolve('x') }] } },
      'json.a.0.token must be a value that JSON knows, got a Promise; await it first',
    ],
    [{ json: { a: 10n } }, 'BigInt'],
    [{ json: {}, body: 'x' }, 'a request has one body'],
    [form(['a', '1']), 'the options of a request must be an object such as'],
    ['text', 'got a string'],
    [5, 'got 5'],
    [null, 'got null'],
    [[], 'got a list'],
    [{ bodi: 'x' }, 'bodi is not an option of a request; did you mean body?'],
    [{ name: 5 }, 'name must be a text that is not empty, got 5'],
    [{ name: '' }, 'name must be a text that is not empty'],
    [{ read: 'yes' }, 'read must be true or false'],
    [{ throws: 1 }, 'throws must be true or false'],
    [{ check: 'ok' }, 'check must be a function'],
    [{ timeout: {} }, "timeout must be a duration such as '2s', got an object"],
  ])('%o', async (options, message) => expect(await sent(options)).toContain(message))

  test.each([undefined, null, 5, {}, Promise.resolve('/a')])('the URL %o', async (url) => {
    const { sent, errors } = await does((http) => http.get(url as string))
    expect([sent, errors]).toEqual([
      [],
      [expect.stringMatching(/^a request needs a path or an http URL, got /)],
    ])
  })
})

describe('a request in other words than the last one is another one', () => {
  test.each<[string, (http: Http) => Promise<unknown>, readonly string[]]>([
    [
      'an option that is none',
      async (http) => {
        await http.post('/f')
        await http.post('/f', { quary: { a: 1 } } as never)
      },
      ['/f'],
    ],
    [
      'options that are none',
      async (http) => {
        await http.post('/f')
        await http.post('/f', form(['a', '1']) as never)
      },
      ['/f'],
    ],
    [
      'a list that grew',
      async (http) => {
        const id = [1]
        for (const n of [2, 3]) {
          await http.post('/f', { query: { id } })
          id.push(n)
        }
      },
      ['/f?id=1', '/f?id=1&id=2'],
    ],
    [
      'fields of a map',
      async (http) => {
        const query = new Map([['a', '1']])
        await http.post('/f', { query })
        query.set('a', '2')
        await http.post('/f', { query })
      },
      ['/f?a=1', '/f?a=2'],
    ],
    [
      'a field left out',
      async (http) => {
        await http.post('/f', { query: { a: 1 } })
        await http.post('/f', { query: { a: undefined } })
      },
      ['/f?a=1', '/f'],
    ],
  ])('%s', async (_, task, urls) => {
    const { sent } = await does(task)
    expect(sent.map(({ url }) => url.slice(url.indexOf('/f')))).toEqual(urls)
  })

  test('bodies of every kind', async () => {
    const { sent } = await does(async (http) => {
      const view = new Uint8Array([97])
      for (const next of [98, 99]) {
        await http.post('/f', { body: view })
        await http.post('/f', { body: view.buffer })
        view[0] = next
      }
      await http.post('/f', { body: 'a' })
      await http.post('/f', { form: {} })
      await http.post('/f')
      await http.post('/f', { body: new URLSearchParams('a') })
    })
    const bodies = sent.map(({ body }) => (body === null || !('text' in body) ? null : body.text))
    expect(bodies).toEqual(['a', 'a', 'b', 'b', 'a', '', null, 'a='])
  })
})

test('a body that its task does not wait for is read and sent before the iteration ends', async () => {
  const { sent, errors } = await does((http) => void http.post('/f', { body: new Blob(['late']) }))
  expect([sent.map(({ body }) => body), errors]).toEqual([[{ text: 'late' }], []])
})
