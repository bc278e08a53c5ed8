import { describe, expect, test } from 'vitest'
import type { Options } from '../../../src/core/options/options.ts'
import { resolveOptions } from '../../../src/core/resolve/resolve.ts'
import { wireRefusals } from '../../../src/core/resolve/transport-options.ts'

const HOST = { cores: 4, descriptors: 20_000 }
const resolve = (options: Options) => resolveOptions({ url: 'http://target.test/', ...options }, HOST)
const transportOf = (options: Options): string | undefined => {
  const result = resolve(options)
  return 'resolved' in result ? result.resolved.transport : undefined
}

describe('the transport', () => {
  test('is undici unless another one is asked for', () => {
    expect(transportOf({})).toBe('undici')
    expect(transportOf({ transport: 'undici' })).toBe('undici')
    expect(transportOf({ transport: 'wire' })).toBe('wire')
  })

  test('auto takes wire if that can do what the plan needs', () => {
    expect(transportOf({ transport: 'auto', keepAlive: false })).toBe('wire')
    expect(transportOf({ transport: 'auto', url: 'https://target.test/', insecure: true })).toBe('wire')
  })

  test('auto tells the options for which it took undici', () => {
    const undiciFor = (options: Options) => {
      const result = resolve(options)
      return 'resolved' in result ? result.resolved.undiciFor : undefined
    }
    expect(undiciFor({ transport: 'auto' })).toEqual([])
    expect(undiciFor({ transport: 'auto', maxRedirects: 3, authDigest: 'us:er' })).toEqual([])
    expect(undiciFor({ transport: 'auto', proxy: 'p:1', maxRedirects: 3 })).toEqual(['proxy'])
    expect(undiciFor({ transport: 'wire' })).toBeNull()
    expect(undiciFor({})).toBeNull()
  })

  test('HTTP/2 has one of its own, and no other can be named with it', () => {
    expect(transportOf({ http2: true, maxRedirects: 3 })).toBe('http2')
    expect(transportOf({ http2: true, transport: 'auto' })).toBe('http2')
    for (const transport of ['undici', 'wire'] as const)
      expect(resolve({ http2: true, transport })).toEqual({
        problems: [
          {
            option: 'transport',
            message: `speaks HTTP/1.1 only: leave ${transport} out with http2, which has a transport of its own`,
          },
        ],
      })
  })

  test('another word is a problem', () => {
    expect(resolve({ transport: 'http3' as never })).toEqual({
      problems: [{ option: 'transport', message: 'must be undici or wire or auto, got "http3"' }],
    })
  })

  test('what wire cannot do is named; an option that is off asks for nothing', () => {
    const only = ['insecure', 'seed'] as const
    expect(wireRefusals({ insecure: true, seed: 2, workers: 1 }, only)).toEqual(['insecure', 'seed'])
    expect(wireRefusals({ insecure: false, seed: '0' }, only)).toEqual([])
    expect(wireRefusals({ keepAlive: false }, only)).toEqual([])
  })
})
