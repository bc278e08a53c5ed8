/** Attributes and methods of a response. */
import { code, type Code } from './code.ts'
import { imported, type Scope } from './scope.ts'
import { untranslatable } from './untranslatable.ts'

export function responseAttribute({ text }: Code, name: string, scope: Scope): Code {
  switch (name) {
    case 'status_code':
      return code(`${text}.status`, 'int')
    case 'ok':
      return code(scope.verdict?.isChecking === true ? `(${text}.status < 400)` : `${text}.ok`, 'bool')
    case 'text':
      return code(`${text}.text()`, 'str')
    case 'content':
      return code(`${text}.bytes()`, 'bytes')
    case 'headers':
      return code(`${text}.headers`)
    case 'url':
      return code(`${text}.url`, 'str')
    case 'reason':
      return code(`${imported(scope, 'node:http', 'STATUS_CODES')}[${text}.status]`, 'str')
    case 'history':
      return code(`${text}.redirects`, 'list')
    case 'elapsed':
      return code(`py.timedelta({ milliseconds: ${text}.latencyMs })`, 'date')
    case 'js':
      return code(`py.parsed(${text})`)
    default:
      return untranslatable(`.${name} of a response`)
  }
}

/** The attributes for which a response must be kept. */
export const needsReading = (name: string): boolean =>
  ![
    'status_code',
    'ok',
    'success',
    'failure',
    'raise_for_status',
    'close',
    'cookies',
    'url',
    'history',
    'reason',
    'elapsed',
  ].includes(name)
