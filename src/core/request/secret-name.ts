/** Names of headers, fields and parameters whose values are secrets. */

/** What is shown instead of a secret. */
export const MASK = '***'

/** Marks a secret wherever it is in a name. `author` is none, `authorization` is one. */
const STEMS =
  /auth(?!or(?!i[sz]))|cookie|token|secret|passw|passphrase|passcode|passkey|pwd|credential|sess(?:ion)?[-_.]?id|session|signature|csrf|xsrf|api[-_. ]?key/

/** Words that mark a secret where they stand alone: `pin` is one in `user_pin`, and none in `mapping`. */
const WORDS =
  /(?:^|[^a-z])(?:pass|pw|pin|pincode|otp|totp|hotp|jwt|jws|sid|bearer|creds?|cvv|cvc)(?:$|[^a-z])/

/** What makes a secret of a `key`, which alone is mostly none: `access_key`, and not `sort_key`. */
const KEYS =
  /(?:^|[^a-z])(?:access|private|subscription|account|shared|signing|encryption|decryption|cipher|master|app|application|client|consumer|functions?|licen[sc]e|service|storage|host|ssh|pgp|gpg|rsa|hmac|aes|tls|ssl|user|admin|security|webhook|deploy|server|bot|push|write|read|ingest(?:ion)?|merchant|x)[^a-z]?keys?(?:$|[^a-z])/

/** Headers that end in `key` and hold no secret. */
const PLAIN_KEYS =
  /^(?:sec-websocket|(?:x-)?idempotency|(?:x-)?(?:cache|surrogate|partition|routing|sort))-key$/

/** Every text with a name that marks a secret has one of these; most others have none. */
export const SECRET_HINT =
  /auth|cookie|token|secret|pass|pwd|cred|sess|signature|csrf|xsrf|key|bearer|pin|otp|jw[ts]|sid|pw|cv[vc]/i

/** A name of a field is no longer; what is longer is none. */
const LONGEST = 200
/** Names repeat: looking one up is cheaper than judging it. */
const judged = new Map<string, boolean>()
const MOST_JUDGED = 4096

/** Whether a field of this name holds a secret. */
export function isSecretName(name: string): boolean {
  let is = judged.get(name)
  if (is === undefined) {
    if (judged.size >= MOST_JUDGED) judged.clear()
    // A copy: a name may be a slice of a body, all of which it would keep in memory.
    judged.set(Array.from(name).join(''), (is = judge(name)))
  }
  return is
}

function judge(name: string): boolean {
  if (name.length > LONGEST) return false
  // `userPin` has two words.
  const words = name.replace(/(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '_').toLowerCase()
  return STEMS.test(name.toLowerCase()) || WORDS.test(words) || KEYS.test(words)
}

/** The value of a header as it may be shown. */
export const redactHeader = (name: string, value: string): string => (isSecretHeader(name) ? MASK : value)

/** Whether a parameter of a URL holds a secret. */
export const isSecretParameter = (name: string): boolean => /^(?:key|sig)$/i.test(name) || isSecretName(name)

/** Whether a header holds a secret. */
export function isSecretHeader(name: string): boolean {
  if (isSecretName(name)) return true
  const lower = name.toLowerCase()
  return /(?:^|[-_])(?:key|sig)$/.test(lower) && !PLAIN_KEYS.test(lower)
}
