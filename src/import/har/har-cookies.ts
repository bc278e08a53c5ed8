/** The cookies that a user has by itself while it does what was recorded. */
import { headerOf, type Exchange } from './har-exchange.ts'

interface Kept {
  readonly value: string
  readonly domain: string
  readonly isHostOnly: boolean
}

export class RecordedCookies {
  readonly #jar = new Map<string, Kept>()

  /** The cookies of a request that no response before it has set so. */
  missing({ url, headers }: Exchange): (readonly [name: string, value: string])[] {
    const sent = (headerOf(headers, 'cookie') ?? '').split(/;\s*/).flatMap((text) => {
      const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
      return name === undefined ? [] : [[name, value!] as const]
    })
    return sent.filter(([name, value]) => {
      const known = [...this.#jar].some(
        ([key, kept]) => key.startsWith(`${name} `) && kept.value === value && fits(url.hostname, kept),
      )
      return !known
    })
  }

  /** Sets a cookie as the task does, or a response. */
  set(name: string, value: string, domain: string, isHostOnly = true): void {
    this.#jar.set(`${name} ${domain}`, { value, domain, isHostOnly })
  }

  receive({ url, response }: Exchange): void {
    for (const [header, text] of response.headers) {
      if (header.toLowerCase() !== 'set-cookie') continue
      const [, name, value] = /^([^=;]+)=([^;]*)/.exec(text.trimStart()) ?? []
      if (name === undefined || value === undefined) continue
      const domain = /;\s*domain=\.?([^;\s]+)/i.exec(text)?.[1]?.toLowerCase() ?? null
      const isGone =
        /;\s*max-age=(?:0|-\d+)\s*(?:;|$)/i.test(text) ||
        Date.parse(/;\s*expires=([^;]+)/i.exec(text)?.[1] ?? '') < Date.UTC(2000, 0)
      if (isGone) this.#jar.delete(`${name} ${domain ?? url.hostname}`)
      else this.set(name, value.trim(), domain ?? url.hostname, domain === null)
    }
  }
}

const fits = (host: string, { domain, isHostOnly }: Kept): boolean =>
  host === domain || (!isHostOnly && host.endsWith(`.${domain}`))
