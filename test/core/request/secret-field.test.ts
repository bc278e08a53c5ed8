import { describe, expect, test } from 'vitest'
import { fieldSecrets, redactFields } from '../../../src/core/request/secret-field.ts'

describe('a secret-looking field reads ***', () => {
  test.each([
    ['{"user":"u","password" : "a\\"b","n":1}', '{"user":"u","password" : "***","n":1}'],
    ['{"token":{"a":["x}",1]},"b":{"secret":12}}', '{"token":"***","b":{"secret":"***"}}'],
    [
      '{"password":null,"authenticated":true,"author":"me"}',
      '{"password":null,"authenticated":true,"author":"me"}',
    ],
    ['{"access_token":"cut o', '{"access_token":"***'],
    ['a=1&password=p%20w&b=2', 'a=1&password=***&b=2'],
    ['api%5Fkey=1234==', 'api%5Fkey=***'],
    [`{ 'X-Api-Key': 'k k', token: "t", 'a': 'b' }`, `{ 'X-Api-Key': '***', token: "***", 'a': 'b' }`],
    [`{"a":"token","b":"x: 'y'"}`, `{"a":"token","b":"x: 'y'"}`],
    ['<a href="/x?token=tt&b=1">', '<a href="/x?token=***&b=1">'],
    ['<n:Password type="t">p</n:Password><b>1</b>', '<n:Password type="t">***</n:Password><b>1</b>'],
    ['<pwd><![CDATA[p<x]]></pwd>', '<pwd><![CDATA[***]]></pwd>'],
    ['<login password = "p" user="u"/>', '<login password = "***" user="u"/>'],
    [
      'GET / HTTP/1.1\r\nAuthorization: Bearer x y\r\nAccept: */*',
      'GET / HTTP/1.1\r\nAuthorization: ***\r\nAccept: */*',
    ],
    ['http://u:p@h/ and https://u@h', 'http://***@h/ and https://***@h'],
    [
      '--b\r\nContent-Disposition: form-data; name="passwd"\r\n\r\np w\r\n--b--',
      '--b\r\nContent-Disposition: form-data; name="passwd"\r\n\r\n***\r\n--b--',
    ],
    [
      'tokens are not secret, nor is 1 = 1 or "key": "value"',
      'tokens are not secret, nor is 1 = 1 or "key": "value"',
    ],
    ['{\\"password\\":\\"a b\\",\\"n\\":1}', '{\\"password\\":\\"***\\",\\"n\\":1}'],
    ['{"body":"{\\"pin\\":1234}"}', '{"body":"{\\"pin\\":"***"}"}'],
    ['<u pass="p" PIN=\'1\'/>', '<u pass="***" PIN=\'***\'/>'],
    ['<add key="password" value="x"/>', '<add key="password" value="***"/>'],
    [
      '<input value="x" type="hidden" name="csrf_token">',
      '<input value="***" type="hidden" name="csrf_token">',
    ],
    ['<property name="otp">12</property>', '<property name="otp">***</property>'],
    [
      '[{"name":"password","value":"x"},{"name":"a","value":"y"}]',
      '[{"name":"password","value":"***"},{"name":"a","value":"y"}]',
    ],
    ['db:\n  user: me\n  password: pw x\n  - pin: 12\n', 'db:\n  user: me\n  password: ***\n  - pin: ***\n'],
    ['PASSWORD=x y\nexport JWT="a b"', 'PASSWORD=*** y\nexport JWT="***"'],
    ['password = hunter2\nuser = me', 'password = ***\nuser = me'],
    ['the secret = of all', 'the secret = of all'],
    ['{"user":{"apiKey" : 12},"keys":["token"]}', '{"user":{"apiKey" : "***"},"keys":["token"]}'],
    [`curl -H "X-Api-Key: abc" -H 'a: b'`, `curl -H "X-Api-Key: ***" -H 'a: b'`],
    ['no Bearer abcdef1234 here; Basic usage counts', 'no Bearer *** here; Basic usage counts'],
    ['x eyJhbGciOi.eyJzdWIi.sig y', 'x *** y'],
    [`'pass' => 'x', "a" => "b"`, `'pass' => '***', "a" => "b"`],
    ['login failed, token: abc123, user: bob', 'login failed, token: ***, user: bob'],
    ['invalid token: expired', 'invalid token: expired'],
    ['/a;jsessionid=ABC&x=1', '/a;jsessionid=***&x=1'],
    ['user[password]=x&user[name]=y', 'user[password]=***&user[name]=y'],
    [
      '-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----',
      '-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----',
    ],
    ['mapping=1&shipping=2&author=3&option=4', 'mapping=1&shipping=2&author=3&option=4'],
    ['{"session":{"id":"abc"},"x":1}', '{"session":"***","x":1}'],
  ])('%j', (text, shown) => {
    expect(redactFields(text)).toBe(shown)
  })
  test('and its value is known, as it is written and as it is meant', () => {
    expect(fieldSecrets('{"tokens":["on\\u0065","two"]}')).toEqual(['on\\u0065', 'one', 'two', 'two'])
    expect(fieldSecrets('password=a%20b+c')).toContain('a b c')
  })
})

test('a text may be cut off anywhere: what is left of a secret is masked', () => {
  for (const [text, secret] of [
    ['{"user":"u","password":"hunter2"', 'hunter2'],
    ['a=1&token=hunter2', 'hunter2'],
    ['<pin>hunter2', 'hunter2'],
    ['<u pass="hunter2', 'hunter2'],
    ['{"tokens":["hunter2", "hunter3', 'hunter'],
    ['http://u:hunter2@h', 'hunter2'],
  ] as const)
    for (let length = text.indexOf(secret) + 1; length <= text.length; length++) {
      const shown = redactFields(text.slice(0, length))
      // Without its `@`, nobody can tell a password from a port.
      if (!text.startsWith('http') || length === text.length) expect(shown).not.toContain('hunt')
    }
})
