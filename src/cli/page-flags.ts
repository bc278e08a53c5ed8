/** The flags of the pages that a command serves: where `--metrics [PORT]` and `--web [PORT]` are served, and to whom. */
import type { Problem } from '../core/options/problem.ts'
import { flagOf } from '../core/options/declaration.ts'
import { DECLARATIONS } from '../core/options/declarations.ts'
import { show } from '../core/options/option-readers.ts'
import { parseAllowedHost, type AllowedHost } from '../core/resolve/request/allowed-hosts.ts'
import { bareHost, canonicalHost } from '../core/request/route.ts'
import { certificateProblem } from '../host/files/certificates.ts'
import { onLoopback, type PageAddress } from '../output/web/page-address.ts'
import type { Command } from './command.ts'
import { readPem } from './command-plan.ts'

type Page = 'metrics' | 'web'

/** What a page can be given, and the pages that use it. */
const OPTIONS = {
  metricsHost: ['metrics'],
  metricsToken: ['metrics'],
  webHost: ['web'],
  webToken: ['web'],
  webAllowHosts: ['web', 'metrics'],
  webCert: ['web', 'metrics'],
  webKey: ['web', 'metrics'],
} as const satisfies Partial<Record<keyof typeof DECLARATIONS, readonly Page[]>>

const TOKEN = /^[\w.~-]{16,256}$/

/** Reads where a page is served; `null` without its flag, or if something is wrong, which is added to the problems. */
export function readPageAddress(
  command: Command,
  page: Page,
  defaultPort: number,
  problems: Problem[],
): PageAddress | null {
  const { texts, switches } = command
  const text = texts.get(page)
  if (text === undefined) return null
  const before = problems.length
  const wrong = (option: string, message: string): void => void problems.push({ option, message })
  if (switches.get('dryRun') === true) wrong(page, 'does not go with --dry-run, which runs nothing')
  const port = text === '' ? defaultPort : /^\d{1,5}$/.test(text) ? Number(text) : Infinity
  if (port > 65_535) wrong(page, `must be a port from 0 (any) to 65535, got "${text}"`)
  const [hostOption, tokenOption] = [`${page}Host`, `${page}Token`] as const
  const host = bareHost(texts.get(hostOption) ?? onLoopback(port).host)
  if (/[/\s]/.test(host) || canonicalHost(host) === null || /^[^:]*:\d+$/.test(host))
    wrong(hostOption, `must be an address or a name of this host, such as 0.0.0.0, got ${show(host)}`)
  const token = texts.get(tokenOption) ?? null
  // Not quoted: it may be nearly right.
  if (token !== null && !TOKEN.test(token))
    wrong(tokenOption, 'must have 16 to 256 letters, digits, -, ., _ or ~')
  const allowHosts = readAllowHosts(command, problems)
  const tls = readTls(command, problems)
  return problems.length > before ? null : { port, host, token, allowHosts, tls }
}

function readAllowHosts({ lists }: Command, problems: Problem[]): AllowedHost[] {
  return (lists.get('webAllowHosts') ?? []).flatMap((text, at) =>
    text.split(',').flatMap((word) => {
      const parsed = parseAllowedHost(word.trim())
      if ('value' in parsed) return [parsed.value]
      note(problems, { option: 'webAllowHosts', message: `${parsed.problem}, got ${show(word)}`, at })
      return []
    }),
  )
}

/** Reads certificate and key of the pages; `null` without them. */
function readTls(command: Command, problems: Problem[]): PageAddress['tls'] {
  const [cert, key] = (['webCert', 'webKey'] as const).map((option) => command.texts.get(option))
  if (cert === undefined && key === undefined) return null
  if (cert === undefined || key === undefined) {
    const [option, other] = cert === undefined ? ['webKey', '--web-cert'] : ['webCert', '--web-key']
    note(problems, { option, message: `needs ${other}` })
    return null
  }
  const found: Problem[] = []
  const read = (option: 'webCert' | 'webKey'): string => String(readPem(command, option, found))
  const tls = { cert: read('webCert'), key: read('webKey') }
  if (found.length === 0) {
    const problem = certificateProblem({ ca: null, ...tls })
    if (problem !== null) found.push({ ...problem, option: problem.option === 'cert' ? 'webCert' : 'webKey' })
  }
  for (const problem of found) note(problems, problem)
  return tls
}

/** Notes a problem of what both pages use once. */
function note(problems: Problem[], problem: Problem): void {
  const isNoted = problems.some(
    ({ option, message }) => option === problem.option && message === problem.message,
  )
  if (!isNoted) problems.push(problem)
}

/** Notes flags about pages that are not served; a config or a variable may hold them for other calls. */
export function notePagesMissing(typed: Command, { texts }: Command, problems: Problem[]): void {
  for (const [option, pages] of Object.entries(OPTIONS)) {
    const isTyped = typed.texts.has(option as never) || typed.lists.has(option as never)
    if (isTyped && !pages.some((page) => texts.has(page)))
      problems.push({
        option,
        message: `needs ${pages.map((page) => `--${flagOf(page, DECLARATIONS[page])}`).join(' or ')}`,
      })
  }
}
