/** The command `corerush import`: what users bring, as a scenario, a targets file or a command. */
import { closeSync, createReadStream, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { OptionsError } from '../core/options/options-error.ts'
import { didYouMean } from '../core/suggest.ts'
import { CorerushError, EXIT, messageOf } from '../errors.ts'
import { formatOf, HEAD_BYTES } from '../import/detect/detection.ts'
import { FORMATS, type Format } from '../import/formats.ts'
import type { HarOptions } from '../import/har/har-selection.ts'
import { COMPANION, type Imported } from '../import/imported.ts'
import { decodeSource, type Source } from '../import/source.ts'
import { checkWritable, writeWhole } from '../output/whole-file.ts'
import { printable } from '../output/text/paint.ts'
import type { Command } from './command.ts'

/** A larger file is no recording of a person; logs are read in pieces. */
const MOST_BYTES = 256_000_000

const STDIN = '-'

export async function importCommand(command: Command): Promise<number> {
  const [file, ...more] = command.operands
  const problems = [...command.problems]
  if (file === undefined || more.length > 0)
    problems.push({
      option: 'operands',
      place: 'corerush import',
      message: `takes one FILE, or - for standard input, got ${command.operands.length}`,
    })
  const from = command.texts.get('from')
  if (from !== undefined && !isFormat(from))
    problems.push({
      option: 'from',
      message: `must be one of ${FORMATS.join(', ')}, got "${from}"${didYouMean(from, FORMATS)}`,
    })
  if (problems.length > 0) throw new OptionsError(problems)
  const out = command.texts.get('importOut') ?? STDIN
  const hosts = (command.lists.get('hosts') ?? []).flatMap((one) => one.split(','))
  const har = { keepsAssets: command.switches.get('keepAssets') === true, hosts }
  const isOverwriting = command.switches.get('overwrite') === true
  checkOut(out, isOverwriting)
  const name = file === STDIN ? 'standard input' : file!
  const head = file === STDIN ? readWhole(STDIN, name) : readHead(file!, name)
  const format = from === undefined ? detect(name, head) : (from as Format)
  if (format !== 'har' && (har.keepsAssets || hosts.length > 0))
    throw new OptionsError([
      {
        option: hosts.length > 0 ? 'hosts' : 'keepAssets',
        message: `is about HAR files, and ${name} is ${format}`,
      },
    ])
  const imported = await convert(format, file!, name, head, har)
  write(imported, out, isOverwriting)
  for (const note of imported.notes) process.stderr.write(`${printable(note)}\n`)
  return EXIT.ok
}

const isFormat = (text: string): boolean => FORMATS.includes(text as Format)

/** Each format loads only what it needs. A log is read line by line; of standard input, `head` is all. */
async function convert(
  format: Format,
  file: string,
  name: string,
  head: Uint8Array,
  har: HarOptions,
): Promise<Imported> {
  if (format === 'log') {
    const input = file === STDIN ? Readable.from([head]) : createReadStream(file)
    return (await import('../import/log/log.ts')).importLog(
      name,
      createInterface({ input, crlfDelay: Infinity }),
    )
  }
  const source = decodeSource(name, file === STDIN ? head : readWhole(file, name))
  if (format === 'locust') return (await import('../import/locust/locust.ts')).importLocust(source)
  if (format === 'har') return (await import('../import/har/har.ts')).importHar(source, har)
  if (format === 'postman') return (await import('../import/postman/postman.ts')).importPostman(source)
  if (format === 'openapi')
    return (await import('../import/openapi/openapi.ts')).importOpenApi(source, await documentOf(source))
  return (await import('../import/curl/curl.ts')).importCurl(source, (path) => readFileSync(path))
}

/** The value of a text in JSON or YAML. */
async function documentOf(source: Source): Promise<unknown> {
  if (source.text.trimStart().startsWith('{'))
    return (await import('../import/json.ts')).readJson(source, 'an OpenAPI document')
  return (await import('../host/files/yaml.ts')).readYaml(source.text, source.name, false).value
}

/** The beginning of a file, which tells its format. */
function readHead(file: string, name: string): Uint8Array {
  try {
    const bytes = new Uint8Array(HEAD_BYTES)
    const opened = openSync(file, 'r')
    try {
      return bytes.subarray(0, readSync(opened, bytes))
    } finally {
      closeSync(opened)
    }
  } catch (error) {
    throw new CorerushError('CORERUSH_IMPORT', `${name} cannot be read: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

function detect(name: string, bytes: Uint8Array): Format {
  if (bytes.length === 0) throw new CorerushError('CORERUSH_IMPORT', `${name}: is empty`)
  // A character that is cut off at the end of the head, or a foreign one, is no matter here.
  const format = formatOf(new TextDecoder().decode(bytes.subarray(0, HEAD_BYTES)))
  if (format !== null) return format
  throw new CorerushError(
    'CORERUSH_IMPORT',
    `${name}: its format is not clear from its content: it can be ${FORMATS.join(', ')}`,
    { hint: `corerush import --from ${FORMATS[0]} …` },
  )
}

function readWhole(file: string, name: string): Uint8Array {
  try {
    const piped = file === STDIN ? readFileSync(process.stdin.fd) : null
    const size = piped?.length ?? statSync(file).size
    if (size > MOST_BYTES)
      throw new Error(
        `it has ${Math.ceil(size / 1e6)} MB, and at most ${MOST_BYTES / 1e6} MB can be imported; cut it, or record less`,
      )
    return piped ?? readFileSync(file)
  } catch (error) {
    throw new CorerushError('CORERUSH_IMPORT', `${name} cannot be read: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

/** Whether something is where the result is to go is known before anything is read. */
function checkOut(out: string, isOverwriting: boolean): void {
  if (out === STDIN) return
  try {
    checkWritable(out)
    if (!isOverwriting && statSync(out, { throwIfNoEntry: false })?.isFile() === true)
      throw new Error('exists, and is kept; --overwrite replaces it')
  } catch (error) {
    throw new CorerushError('CORERUSH_IMPORT', `${out} ${messageOf(error)}`, { cause: error })
  }
}

function write({ kind, text, companions }: Imported, out: string, isOverwriting: boolean): void {
  if (companions.length > 0 && out === STDIN)
    throw new CorerushError(
      'CORERUSH_IMPORT',
      'a request has a body that is no plain text, which goes to a file of its own',
      {
        hint: '--out FILE, so that it can stand beside it',
      },
    )
  for (const { suffix } of companions) checkOut(out + suffix, isOverwriting)
  for (const { suffix, bytes } of companions) writeWhole(out + suffix, bytes)
  // A targets file names what lies beside it; a command is run in this folder.
  const whole = text.replaceAll(COMPANION, () => (kind === 'command' ? out : basename(out)))
  if (out === STDIN) process.stdout.write(whole)
  else writeWhole(out, whole)
}
