/** A NATS server as deploy/ has it: over TLS, with an NKey for each client and what each may do. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { anNkey, startNats, type NatsHost } from './nats.ts'
import { selfSigned } from './tls.ts'

export const DEPLOY = join(import.meta.dirname, '../../deploy')
const ROLES = ['coordinator', 'alpha', 'beta'] as const
export type Role = (typeof ROLES)[number]

/** A server with the configuration of `deploy/nats.conf`, or with the users that the values of the chart have. */
export async function deployed(
  config: (keys: Record<Role, string>, tls: [string, string]) => string,
): Promise<{
  readonly server: NatsHost
  readonly files: Record<Role | 'ca', string>
}> {
  const identity = selfSigned('DNS:localhost,IP:127.0.0.1')
  if (identity === null) throw new Error('openssl is needed')
  let files!: Record<Role | 'ca', string>
  const server = await startNats({
    config: (folder) => {
      const keys = ROLES.map((role) => [role, anNkey(folder, role)] as const)
      const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
      writeFileSync(cert, identity.cert)
      writeFileSync(key, identity.key)
      const byRole = (of: 'public' | 'file') =>
        Object.fromEntries(keys.map(([role, nkey]) => [role, nkey[of]])) as Record<Role, string>
      files = { ...byRole('file'), ca: cert }
      return config(byRole('public'), [cert, key])
    },
  })
  return { server, files }
}

/** The file as it is, its variables from where a file has them too, and the address from the test. */
export const ofFile = (keys: Record<Role, string>, [cert, key]: [string, string]): string =>
  `COORDINATOR_NKEY: ${keys.coordinator}
   ALPHA_NKEY: ${keys.alpha}
   BETA_NKEY: ${keys.beta}
   NATS_CERT: "${cert}"
   NATS_KEY: "${key}"
   ${readFileSync(join(DEPLOY, 'nats.conf'), 'utf8').replace(/^listen: .*$/m, '')}`
