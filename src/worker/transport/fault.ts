/**
 * Classifies an error as an outcome, by the phase that the exchange had reached and by the platform's error code. Platforms
 * use one code for several faults (undici's `UND_ERR_SOCKET` for three), so the phase decides first.
 */
import { messageOf } from '../../errors.ts'
import type { Outcome, Phase } from '../../core/request/outcome.ts'

interface Fault extends Error {
  readonly code?: string
  readonly errors?: readonly Error[]
}

export interface Classified {
  readonly outcome: Outcome
  /** The platform's message, on one line and of bounded length. */
  readonly message: string
}

const LONGEST_MESSAGE = 200
const SHORTER = 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'

export function classify(error: Error, phase: Phase): Classified {
  // When every address of a host failed, Node wraps the failures into one error without a message.
  const fault = ((error as Fault).errors?.[0] ?? error) as Fault
  const code = fault.code ?? (error as Fault).code ?? ''

  return { outcome: outcomeOf(fault, code, phase), message: oneLine(messageOf(fault)) }
}

/** A text from elsewhere, on one line and of bounded length. */
export const oneLine = (message: string): string =>
  message.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').slice(0, LONGEST_MESSAGE)

function outcomeOf(fault: Fault, code: string, phase: Phase): Outcome {
  // Local limits can apply in any phase before the connection is open.
  if (code === 'EMFILE' || code === 'ENFILE') return 'connect.no-descriptor'
  if (code === 'EADDRNOTAVAIL' || code === 'EADDRINUSE') return 'connect.no-port'
  switch (phase) {
    case 'blocked':
    case 'dns':
      if (code === 'ENOTFOUND') return 'dns.not-found'
      if (code.startsWith('EAI_')) return 'dns.failed'
      // No look-up event came: the host was an address, or all its addresses failed at once.
      return connectFault(code)
    case 'connect':
      return connectFault(code)
    case 'tls':
      return isCertificateFault(code) ? 'tls.certificate' : 'tls.failed'
    case 'headers':
    case 'body': {
      // In TLS 1.3 a server refuses a client's certificate when the handshake is over for the client.
      if (phase === 'headers' && /^ERR_SSL_.*_ALERT_/.test(code))
        return isCertificateFault(code) ? 'tls.certificate' : 'tls.failed'
      if (code === 'ECONNRESET' || code === 'EPIPE') return `${phase}.reset`
      // With `Connection: close`, undici hands the end of the connection to its parser, which finds a body too short.
      if (phase === 'body' && (code === SHORTER || /EOF/.test(fault.message))) return 'body.closed'
      if (code === SHORTER || code === 'UND_ERR_HEADERS_OVERFLOW' || fault.name === 'HTTPParserError')
        return `${phase}.malformed`
      // undici takes for certain that a 101 says to which protocol, and asserts it.
      if (code === 'ERR_ASSERTION') return `${phase}.malformed`
      if (code === 'UND_ERR_SOCKET')
        return /^bad /.test(fault.message) ? `${phase}.malformed` : `${phase}.closed`
      return `${phase}.failed`
    }
  }
}

function connectFault(code: string): Outcome {
  switch (code) {
    case 'ECONNREFUSED':
      return 'connect.refused'
    case 'ECONNRESET':
    case 'EPIPE':
      return 'connect.reset'
    case 'ETIMEDOUT':
      return 'connect.timeout'
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EHOSTDOWN':
    case 'ENETDOWN':
      return 'connect.unreachable'
    default:
      return 'connect.failed'
  }
}

const isCertificateFault = (code: string): boolean =>
  /CERT|SELF_SIGNED|UNABLE_TO_|_CHAIN|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE/.test(code)
