/** Cookies that a user was sent and did not keep, as a browser would not. */
import { showCount } from '../units.ts'

/** Limits of RFC 6265, 6.1: bytes of a name and its value, cookies of a domain, cookies in all. */
export const MOST_COOKIE_BYTES = 4096
export const MOST_OF_A_DOMAIN = 50
export const MOST_COOKIES = 3000

/** Cookies that users did not keep, by the reason; all 0 unless a scenario keeps cookies. */
export interface CookieCounts {
  /** Cookies whose domain is not the host's, and headers that are no cookies. */
  refused: number
  /** Larger than 4,096 bytes. */
  tooLarge: number
  /** Kept at first, and given up because newer ones came: more than 50 of a domain, or more than 3,000. */
  evicted: number
}

export type CookieLoss = keyof CookieCounts

export const noCookies = (): CookieCounts => ({ refused: 0, tooLarge: 0, evicted: 0 })

/** Warnings for the report; none if every cookie was kept. */
export function cookieWarnings({ refused, tooLarge, evicted }: CookieCounts): string[] {
  const cookies = (n: number): string => (n === 1 ? '1 cookie was' : `${showCount(n)} cookies were`)
  return [
    evicted > 0 &&
      `${cookies(evicted)} given up for newer ones: a user keeps ${MOST_OF_A_DOMAIN} of a domain and ${showCount(MOST_COOKIES)} in all (RFC 6265)`,
    tooLarge > 0 &&
      `${cookies(tooLarge)} not kept: larger than ${showCount(MOST_COOKIE_BYTES)} bytes (RFC 6265)`,
    refused > 0 &&
      `${cookies(refused)} not kept, as no browser would: a domain that is not the host's, or no cookie at all; corerush debug shows them`,
  ].filter((warning) => warning !== false)
}
