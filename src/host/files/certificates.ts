/** Certificates and key must be readable, and belong together; their content is never shown. */
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import type { HttpPlan } from '../../core/resolve/request/http-options.ts'
import type { Problem } from '../../core/options/problem.ts'
import { messageOf } from '../../errors.ts'

export function certificateProblem({ ca, cert, key }: Pick<HttpPlan, 'ca' | 'cert' | 'key'>): Problem | null {
  const check = (option: string, pems: SecureContextOptions): Problem | null => {
    try {
      createSecureContext(pems)
      return null
    } catch (error) {
      return { option, message: `cannot be used: ${messageOf(error)}` }
    }
  }
  if (ca !== null) {
    const problem = check('ca', { ca })
    if (problem !== null) return problem
  }
  return cert === null || key === null
    ? null
    : (check('cert', { cert }) ?? check('key', { key }) ?? check('key', { cert, key }))
}
