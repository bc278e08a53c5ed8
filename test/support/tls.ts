/** An https server with a certificate that nobody trusts yet, made anew for every test run. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TlsTarget {
  /** Origin without a slash at its end, by address: `https://127.0.0.1:PORT`. The certificate names localhost too. */
  readonly url: string
  readonly port: number
  /** The self-signed certificate in PEM, for clients that shall trust it. */
  readonly cert: string
  requests(): number
  /** TLS connections whose handshake succeeded. */
  connections(): number
  /** Those of them that resumed a session. */
  resumed(): number
  stop(): Promise<void>
}

/** Starts the server, which answers 200 `ok` to everything; its certificate may have expired already. Null when this machine has no `openssl` command. */
export async function startTlsTarget(
  names = 'DNS:localhost,IP:127.0.0.1',
  isExpired = false,
): Promise<TlsTarget | null> {
  const identity = selfSigned(names, isExpired)
  if (identity === null) return null
  let requests = 0
  let connections = 0
  let resumed = 0
  const server = createServer(identity, (req, res) => {
    requests++
    req.resume()
    res.writeHead(200, { 'content-type': 'text/plain', 'content-length': 2 })
    res.end('ok')
  })
  server.on('secureConnection', (socket) => {
    connections++
    if (socket.isSessionReused()) resumed++
  })
  // A client that refuses the certificate ends the handshake; that is its right.
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port: 0, backlog: 1024 }, resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `https://127.0.0.1:${port}`,
    port,
    cert: identity.cert,
    requests: () => requests,
    connections: () => connections,
    resumed: () => resumed,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A key and a certificate for these names, which nobody trusts yet; null when this machine has no `openssl` command. */
export function selfSigned(
  names: string,
  isExpired = false,
): { readonly key: string; readonly cert: string } | null {
  const folder = mkdtempSync(join(tmpdir(), 'corerush-tls-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const openssl = (words: string): void =>
    void execFileSync('openssl', [...words.split(' '), '-out', cert], { stdio: 'pipe' })
  try {
    openssl(
      `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost ` +
        `-addext subjectAltName=${names} -keyout ${key}`,
    )
    // Signed anew, to be valid until now.
    if (isExpired) openssl(`x509 -in ${cert} -signkey ${key} -days 0`)
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
