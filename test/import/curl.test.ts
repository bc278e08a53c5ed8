/** curl commands: what corerush sends for an imported one is what curl itself sends. */
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run, type Options } from '../../dist/index.js'
import { parseArgv } from '../../src/cli/args.ts'
import { optionsOf } from '../../src/cli/command.ts'
import { importCurl } from '../../src/import/curl/curl.ts'
import { readShell } from '../../src/import/curl/shell-words.ts'
import type { Imported } from '../../src/import/imported.ts'
import { runCli, withFolder } from '../support/cli.ts'
import { startRecording, type Recorded, type RecordingServer } from '../support/recording-server.ts'

const importText = (text: string): Imported =>
  importCurl({ name: 'curl.sh', text }, (path) => readFileSync(path))
const hasCurl = spawnSync('curl', ['--version']).status === 0

describe('curl commands as people have them', () => {
  test('one becomes a command, with what it leaves out named', () => {
    const { text, notes } = importText(
      `curl 'https://shop.example/api?x={{1}}' -g \\\n  -H 'Accept: application/json' -H $'X-A: it\\'s\\u0041\\n' --compressed -sSL -k --data-raw '{"a":"b"}' | jq .\n`,
    )
    expect(text).toMatchInlineSnapshot(`
      "corerush 'https://shop.example/api?x={{{{1}}' \\
        --header 'Accept: application/json' \\
        --header 'X-A: it'\\''sA' \\
        --header 'Content-Type: application/x-www-form-urlencoded' \\
        --header 'Accept-Encoding: deflate, gzip, br, zstd' \\
        --body '{"a":"b"}' \\
        --max-redirects 50 \\
        --insecure
      "
    `)
    expect(notes).toEqual(['line 1: without meaning for a load: -s, -S, | jq .'])
  })

  test('several become a targets file; variables set above are known, other commands are named', () => {
    const { kind, text, notes } = importText(
      'TOKEN=abc\ncurl localhost:8080/a{1,2} -H "Authorization: Bearer $TOKEN"\n$ curl -u me:pw -XPUT -dx=1 http://127.0.0.1:8080/b\necho done\n',
    )
    expect(kind).toBe('targets')
    expect(
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      { method: 'GET', url: 'http://localhost:8080/a1', headers: { Authorization: 'Bearer abc' } },
      { method: 'GET', url: 'http://localhost:8080/a2', headers: { Authorization: 'Bearer abc' } },
      {
        method: 'PUT',
        url: 'http://127.0.0.1:8080/b',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', Authorization: 'Basic bWU6cHc=' },
        body: 'x=1',
      },
    ])
    expect(notes).toEqual([
      '3 requests; run them with: corerush --targets FILE',
      'line 4: left out, as it is not curl: echo done',
    ])
  })

  test('a variable of the shell stays one', () => {
    expect(importText('curl "$HOST/a" -H "X: a $B c"').text).toBe(
      `corerush 'http://'"\${HOST}"'/a' --header 'X: a '"\${B}"' c'\n`
        .replace("'http://'", 'http://')
        .replace("'/a'", '/a'),
    )
  })

  test.each([
    [
      'of today',
      'curl --location ^"https://h.example/p?a=1^&b=^%^32^" ^\r\n  -H ^"accept: */*^" ^\r\n  --data-raw ^"^{^\\^"a^\\^":^\\^"x y^\\^"^}^"\r\n',
    ],
    [
      'of before',
      'curl "https://h.example/p?a=1&b=%32" ^\r\n  -L -H "accept: */*" ^\r\n  --data-raw "{\\"a\\":\\"x y\\"}"\r\n',
    ],
  ])('quoted for the command prompt of Windows, %s', (_, text) => {
    expect(importText(text).text).toBe(
      `corerush 'https://h.example/p?a=1&b=%32' \\\n  --header 'accept: */*' \\\n  --header 'Content-Type: application/x-www-form-urlencoded' \\\n  --body '{"a":"x y"}' \\\n  --max-redirects 50\n`,
    )
  })

  test('options of the connection', () => {
    const flags = (options: string): string[] =>
      importText(`curl -g https://h.example:8443/ ${options}`)
        .text.replaceAll(/\\\n/g, '')
        .trim()
        .split(/ --/)
        .slice(1)
        .map((flag) => `--${flag.trim()}`)
    expect(flags('--http2 -x proxy.example -U a:b@c')).toEqual([
      '--http2',
      '--proxy http://a:b%40c@proxy.example:1080',
    ])
    expect(flags('--resolve h.example:8443:127.0.0.1 --connect-to ::127.0.0.1:99')).toEqual([
      '--connect-to h.example:8443:127.0.0.1:8443',
      '--connect-to ::127.0.0.1:99',
    ])
    expect(flags('-m 1.5 --connect-timeout 2 --cacert ca.pem -E me.pem --unix-socket /s')).toEqual([
      '--cert me.pem',
      '--key me.pem',
      '--ca ca.pem',
      '--unix-socket /s',
      '--timeout 1.5s',
      '--connect-timeout 2s',
    ])
    expect(flags('--digest -u me:pw --max-redirs 3 -L --interface 127.0.0.2 -H "Connection: close"')).toEqual(
      ['--max-redirects 3', '--local-address 127.0.0.2', '--no-keepalive', '--auth-digest me:pw'],
    )
  })

  test.each([
    ["curl 'http://x", "curl.sh:1:6: has a ' that is not closed\n  curl 'http://x\n       ^"],
    ['curl \\\n  "http://x', 'curl.sh:2:3: has a " that is not closed\n    "http://x\n    ^'],
    [
      'curl -H "A: $(cat x)" http://x',
      'curl.sh:1:13: has a command in $(…); write its output instead\n  curl -H "A: $(cat x)" http://x\n              ^',
    ],
    ['curl --dota x http://x', 'curl.sh:1: --dota is not an option of curl; did you mean --data?'],
    ['curl -X', "curl.sh:1: curl's -X needs a value"],
    ['curl -s', 'curl.sh:1: the curl command has no URL'],
    ['curl ftp://x/', 'curl.sh:1: ftp: is a protocol that corerush does not speak'],
    [
      'curl --ntlm -u a:b http://x',
      "curl.sh:1: curl's --ntlm cannot be imported: corerush knows basic and digest authentication",
    ],
    [
      'curl -d @/no/file http://x',
      "curl.sh:1: /no/file cannot be read: ENOENT: no such file or directory, open '/no/file'",
    ],
    [
      'curl -k https://a/\ncurl https://b/',
      'curl.sh:2: connects otherwise than the command in line 1; of all requests of a run, --insecure must be the same',
    ],
    [
      'curl http://a/\ncurl http://b/$X',
      'curl.sh:2: has the variable ${X}, and a targets file has none: set it in a line above, as in X=value',
    ],
    ['echo', 'curl.sh: has no curl command'],
  ])('%j is refused with its place', (text, message) => {
    expect(() => importText(text)).toThrow(expect.objectContaining({ message, exitCode: 2 }) as Error)
  })
})

describe('corerush import', () => {
  test('writes nothing over a file, nothing half, and says what it cannot read', () =>
    withFolder(async (folder) => {
      const path = (name: string): string => join(folder, name)
      writeFileSync(path('a.sh'), 'curl http://127.0.0.1/ --data-binary @bytes -v\n')
      writeFileSync(path('bytes'), Buffer.from([0xff, 0x00]))
      writeFileSync(path('latin1.sh'), Buffer.from('\ncurl http://127.0.0.1/ -d \xe4\n', 'latin1'))
      const imports = (...args: string[]): ReturnType<typeof runCli> =>
        runCli(['import', ...args], { cwd: folder })
      const first = await imports('a.sh', '--out', 'a.cmd')
      expect(first).toMatchObject({ code: 0, stdout: '', stderr: 'line 1: without meaning for a load: -v\n' })
      expect(readFileSync(path('a.cmd'), 'utf8')).toContain('--body @a.cmd.body-1')
      expect(readFileSync(path('a.cmd.body-1'))).toEqual(Buffer.from([0xff, 0x00]))
      const [again, unclear, latin1, none, har] = await Promise.all([
        imports('a.sh', '-o', 'a.cmd'),
        imports('bytes'),
        imports('latin1.sh', '--from', 'curl'),
        imports('a.sh'),
        imports('a.sh', '--keep-assets'),
      ])
      expect(har.stderr).toContain('--keep-assets is about HAR files, and a.sh is curl')
      expect(har).toMatchObject({ code: 2, stdout: '' })
      expect(again).toMatchObject({
        code: 2,
        stdout: '',
        stderr: 'corerush: a.cmd exists, and is kept; --overwrite replaces it\n',
      })
      expect(unclear).toMatchObject({ code: 2, stdout: '' })
      expect(unclear.stderr).toContain('bytes: its format is not clear from its content')
      expect(latin1).toMatchObject({ code: 2, stdout: '' })
      expect(latin1.stderr).toContain('latin1.sh:2: is not UTF-8 text')
      expect(none).toMatchObject({ code: 2, stdout: '' })
    }))
})

describe.skipIf(!hasCurl)('the real curl', () => {
  let server: RecordingServer
  beforeAll(async () => {
    server = await startRecording()
  })
  afterAll(() => server.close())

  /** What only curl adds, and what each client frames its own way. */
  const OWN = new Set(['host', 'connection', 'content-length', 'transfer-encoding'])

  const comparable = (
    { method, url, headers, body }: Recorded,
    isAgentOwn: boolean,
    isAcceptOwn: boolean,
  ): unknown => {
    const text = body.toString('latin1')
    const boundary = /boundary=(\S+)/.exec(headers.find(([name]) => name === 'content-type')?.[1] ?? '')?.[1]
    const plain = (words: string): string =>
      boundary === undefined ? words : words.replaceAll(boundary, 'BOUNDARY')
    return {
      method,
      url: new URL(url, 'http://h').href,
      headers: headers
        .filter(
          ([name]) =>
            !OWN.has(name) && (isAgentOwn || name !== 'user-agent') && (isAcceptOwn || name !== 'accept'),
        )
        .map(([name, value]) => `${name}: ${plain(value)}`)
        .sort(),
      body: plain(text),
    }
  }

  /** The words of a command as a shell reads them. */
  const asShellReads = (text: string): string[] =>
    execFileSync('bash', ['-c', `corerush() { printf '%s\\0' "$@"; }; ${text}`], { encoding: 'utf8' })
      .split('\0')
      .slice(0, -1)

  async function recordedOf(send: () => Promise<unknown>): Promise<Recorded> {
    server.seen.length = 0
    await send()
    expect(server.seen).toHaveLength(1)
    return server.seen[0]!
  }

  const runsImported = async (imported: Imported): Promise<void> => {
    const command = parseArgv(asShellReads(imported.text))
    expect(command.problems).toEqual([])
    const options: Options = optionsOf(command)
    const body = command.texts.get('body')
    await run({
      ...options,
      ...(body === undefined ? {} : { body }),
      requests: 1,
      users: 1,
      workers: 1,
      rampUp: 0,
    })
  }

  const printable = fc.string({
    unit: fc.constantFrom(...Array.from('abzAZ09 \'"\\$`!&|;<>(){}[]*?~#%@=+,.:/^-_ä€😀\n\t')),
    maxLength: 12,
  })
  const word = fc.string({ unit: fc.constantFrom(...Array.from('abcXYZ019-_')), minLength: 1, maxLength: 6 })
  const headerValue = fc
    .string({ unit: fc.constantFrom(...Array.from('abZ09 \'"\\$`;,=/{}()')), minLength: 1, maxLength: 10 })
    .map((text) => `v${text.trim()}`)
  const option = fc.oneof(
    fc.tuple(
      fc.constantFrom('-d', '--data', '--data-raw', '--data-binary', '--data-ascii'),
      printable.map((text) => `d${text}`),
    ),
    fc.tuple(
      fc.constant('--data-urlencode'),
      fc.oneof(
        printable.map((text) => `n=${text}`),
        printable.map((text) => `=${text}`),
        word,
      ),
    ),
    fc.tuple(
      fc.constant('-H'),
      fc.tuple(word, headerValue).map(([name, value]) => `X-${name}: ${value}`),
    ),
    fc.tuple(
      fc.constant('-H'),
      fc.constantFrom(
        'Accept:',
        'Accept: text/x',
        'Content-Type: a/b',
        'X-Empty;',
        'Content-Type:',
        'User-Agent: me',
      ),
    ),
    fc.tuple(
      fc.constant('-b'),
      fc.tuple(word, word).map(([name, value]) => `${name}=${value}`),
    ),
    fc.tuple(
      fc.constant('-u'),
      fc.tuple(word, printable).map(([user, password]) => `${user}:${password.replaceAll(/[\n\t]/g, '')}`),
    ),
    fc.tuple(fc.constant('-e'), fc.constantFrom('http://r/', 'http://r/;auto')),
    fc.tuple(fc.constant('-A'), fc.constantFrom('agent/1', 'a b')),
    fc.tuple(fc.constant('-r'), fc.constant('0-99')),
    fc.tuple(fc.constant('-X'), fc.constantFrom('PUT', 'PATCH', 'DELETE')),
    fc.tuple(fc.constant('--oauth2-bearer'), word),
    fc.constantFrom(['-G'], ['--compressed'], ['-s'], ['--no-compressed'], ['-L']),
    fc.tuple(fc.constant('--json'), fc.constantFrom('{"a":1}', '[]')),
    fc.tuple(fc.constant('--url-query'), fc.constantFrom('a=b c', '+x=y')),
  )
  const form = fc.tuple(
    fc.constantFrom('-F', '--form-string'),
    fc
      .tuple(word, fc.oneof(word, fc.constantFrom('x;type=text/x', '"q;r"', 'x;filename=f.png')))
      .map(([name, value]) => `${name}=${value}`),
  )
  const options = fc.oneof(
    { weight: 4, arbitrary: fc.array(option, { maxLength: 6 }) },
    { weight: 1, arbitrary: fc.array(form, { minLength: 1, maxLength: 3 }) },
  )

  /** Quoted as a person or a browser would: no quotes, `'…'`, `$'…'`. */
  const quote = (text: string, style: number): string => {
    if (style === 0 && /^[\w./:=-]+$/.test(text)) return text
    if (style === 1)
      return `$'${text.replace(/[\\'\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`)).replaceAll('ä', '\\u00e4')}'`
    if (style === 2 && !/[$`]/.test(text)) return `"${text.replace(/["\\]/g, '\\$&')}"`
    return `'${text.replaceAll("'", "'\\''")}'`
  }

  test('sends what corerush sends for the imported command', async () => {
    const path = fc.constantFrom('/', '/a/b?c=d', '/a/{x,y}', '/p?x=[1]', '/%C3%A4?q=a%20b', '/a/../b')
    await fc.assert(
      fc.asyncProperty(
        path,
        options,
        fc.array(fc.nat(3), { minLength: 14, maxLength: 14 }),
        async (where, chosen, styles) => {
          const args = ['-g', server.url + where, ...chosen.flat()]
          // curl takes either of them only.
          // Versions before 8 forget --url-query where -G makes a query of the data.
          fc.pre(!(args.includes('-G') && args.some((one) => one === '--json' || one === '--url-query')))
          fc.pre(!(args.includes('-r') && args.some((one) => /^(?:-d|-F|--data|--json|--form)/.test(one))))
          const text = `curl ${args.map((one, i) => quote(one, styles[i % styles.length]!)).join(' ')}`
          const [read] = readShell({ name: 'curl.sh', text })
          expect(read!.words.slice(1)).toEqual(args)
          const isAgentOwn = args.includes('-A') || args.includes('User-Agent: me')
          const isAcceptOwn = args.some((one) => one === 'Accept: text/x' || one === '--json')
          // Asynchronous, for the server is in this process.
          const ofCurl = await recordedOf(() => spawned('curl', ['-sS', '-o', '/dev/null', ...args]))
          const ours = await recordedOf(() => runsImported(importText(text)))
          expect(comparable(ours, isAgentOwn, isAcceptOwn), text).toEqual(
            comparable(ofCurl, isAgentOwn, isAcceptOwn),
          )
        },
      ),
      // Each case starts curl and a run: more of them by RUNS=200.
      { numRuns: Number(process.env['RUNS'] ?? 8), endOnFailure: true },
    )
  })
})

async function spawned(file: string, args: readonly string[]): Promise<void> {
  const { start } = await import('../support/cli.ts')
  const started = start(file, args)
  started.process.stdin!.end()
  const { code, stderr } = await started.finished
  expect(code, stderr).toBe(0)
}
