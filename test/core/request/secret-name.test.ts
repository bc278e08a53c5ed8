import { expect, test } from 'vitest'
import {
  isSecretHeader,
  isSecretName,
  isSecretParameter,
  SECRET_HINT,
} from '../../../src/core/request/secret-name.ts'

const of = (words: string): string[] => words.trim().split(/\s+/)

test.each(
  of(`password Password passwd PASSWORD userPassword user[password] pass user_pass dbPass pass1 passphrase passcode pwd pw
    pin PIN pin_code userPin user-pin otp one_time_otp OTPCode totp jwt id_jwt sid connect.sid PHPSESSID JSESSIONID sess_id
    sessionId session_id token access_token csrfToken XSRF-TOKEN csrf secret client_secret clientSecret credential creds
    authorization x-auth oauth apikey api_key api-key X-Api-Key private_key privateKey privatekey PRIVATE_KEY access_key
    accessKey awsAccessKey subscription-key Ocp-Apim-Subscription-Key signing_key x-functions-key license_key app_key ssh_key
    X-Key cookie signature cvv wsse:Password`),
)('%s is a secret', (name) => {
  expect(isSecretName(name)).toBe(true)
  expect(SECRET_HINT.test(name)).toBe(true)
})

test.each(
  of(`author authors mapping shipping spinning pinned option options passenger bypass compass sidebar side inside jwtish key
    keys sort_key primary_key foreignKey cache-key publicKey ssh_public_key partition_key keyboard monkey turkey id user name
    accept content-type wait pwned tan state status origin hotpot`),
)('%s is none', (name) => {
  expect(isSecretName(name)).toBe(false)
})

test('key and sig are secrets in a URL; in a header, all that ends in key', () => {
  for (const name of ['key', 'Key', 'sig']) expect(isSecretParameter(name)).toBe(true)
  for (const name of ['X-Key', 'Key', 'X-Acme-Key', 'X-Sig']) expect(isSecretHeader(name)).toBe(true)
  for (const name of ['Idempotency-Key', 'Sec-WebSocket-Key', 'X-Cache-Key', 'Monkey', 'Accept'])
    expect(isSecretHeader(name)).toBe(false)
  for (const name of ['monkey', 'sigma', 'q']) expect(isSecretParameter(name)).toBe(false)
})
