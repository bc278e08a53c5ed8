/** The options of curl 7 and 8 that a command can have, and what becomes of each. */

/** What an option of curl does to the request; `null`: it has no meaning for a load. */
export type CurlEffect =
  | 'url'
  | 'method'
  | 'header'
  | 'data'
  | 'dataRaw'
  | 'dataBinary'
  | 'dataUrlencode'
  | 'json'
  | 'form'
  | 'formString'
  | 'get'
  | 'head'
  | 'user'
  | 'basic'
  | 'digest'
  | 'bearer'
  | 'cookie'
  | 'userAgent'
  | 'referer'
  | 'range'
  | 'upload'
  | 'urlQuery'
  | 'compressed'
  | 'http2'
  | 'http2Prior'
  | 'http1'
  | 'next'
  | 'location'
  | 'maxRedirects'
  | 'insecure'
  | 'proxy'
  | 'proxyUser'
  | 'proxyDigest'
  | 'resolve'
  | 'connectTo'
  | 'cert'
  | 'key'
  | 'ca'
  | 'unixSocket'
  | 'maxTime'
  | 'connectTimeout'
  | 'interface'
  | 'globOff'
  | null

export interface CurlOption {
  readonly long: string
  readonly short: string | null
  readonly takesValue: boolean
  readonly effect: CurlEffect
  /** Why a command with it cannot be imported; `null` if it can. */
  readonly refusal: string | null
}

const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

/** `LONG SHORT|- EFFECT`; with `=` after the name, it takes a value. */
const WITH_EFFECT = lines(`
  url= - url
  request= X method
  header= H header
  data= d data
  data-ascii= - data
  data-raw= - dataRaw
  data-binary= - dataBinary
  data-urlencode= - dataUrlencode
  json= - json
  form= F form
  form-string= - formString
  get G get
  head I head
  user= u user
  basic - basic
  digest - digest
  oauth2-bearer= - bearer
  cookie= b cookie
  user-agent= A userAgent
  referer= e referer
  range= r range
  upload-file= T upload
  url-query= - urlQuery
  compressed - compressed
  http2 - http2
  http2-prior-knowledge - http2Prior
  http1.1 - http1
  next : next
  location L location
  location-trusted - location
  max-redirs= - maxRedirects
  insecure k insecure
  proxy= x proxy
  proxy-user= U proxyUser
  proxy-digest - proxyDigest
  resolve= - resolve
  connect-to= - connectTo
  cert= E cert
  key= - key
  cacert= - ca
  unix-socket= - unixSocket
  max-time= m maxTime
  connect-timeout= - connectTimeout
  interface= - interface
  globoff g globOff
`)

/** What curl does with the answer, with its own output, or with connections; a load does that by itself or not at all. */
const WITHOUT_MEANING = lines(`
  silent s
  show-error S
  verbose v
  include i
  fail f
  fail-with-body -
  fail-early -
  output= o
  output-dir= -
  remote-name O
  remote-name-all -
  remote-header-name J
  remote-time R
  remove-on-error -
  create-dirs -
  create-file-mode= -
  no-clobber -
  clobber -
  write-out= w
  dump-header= D
  cookie-jar= c
  junk-session-cookies j
  progress-bar #
  progress-meter -
  no-progress-meter -
  buffer -
  no-buffer N
  raw -
  trace= -
  trace-ascii= -
  trace-time -
  trace-ids -
  trace-config= -
  stderr= -
  styled-output -
  no-styled-output -
  disable q
  libcurl= -
  xattr -
  retry= -
  retry-all-errors -
  retry-connrefused -
  retry-delay= -
  retry-max-time= -
  rate= -
  parallel Z
  parallel-immediate -
  parallel-max= -
  limit-rate= -
  max-filesize= -
  speed-limit= Y
  speed-time= y
  ignore-content-length -
  tcp-nodelay -
  tcp-fastopen -
  keepalive -
  no-keepalive -
  keepalive-time= -
  keepalive-cnt= -
  expect100-timeout= -
  happy-eyeballs-timeout-ms= -
  ipv4 4
  ipv6 6
  noproxy= -
  suppress-connect-headers -
  tlsv1 1
  tlsv1.0 -
  tlsv1.1 -
  tlsv1.2 -
  tlsv1.3 -
  tls-max= -
  ciphers= -
  tls13-ciphers= -
  curves= -
  cert-status -
  false-start -
  ssl -
  ssl-reqd -
  ssl-allow-beast -
  ssl-no-revoke -
  ssl-revoke-best-effort -
  ssl-auto-client-cert -
  no-sessionid -
  sessionid -
  no-alpn -
  alpn -
  no-npn -
  npn -
  alt-svc= -
  hsts= -
  etag-save= -
  dns-ipv4-addr= -
  dns-ipv6-addr= -
  dns-interface= -
  proto= -
  proto-redir= -
  proto-default= -
  disallow-username-in-url -
  proxy-basic -
  proxy-insecure -
  http0.9 -
  engine= -
  random-file= -
  egd-file= -
  metalink -
  crlf -
  use-ascii B
`)

/** `LONG SHORT|- why`; such a command would send something else than curl does. */
const REFUSED = lines(`
  config= K the file has options that are not in the command; write them here
  http1.0 0 corerush speaks HTTP/1.1 and HTTP/2
  http3 - corerush speaks HTTP/1.1 and HTTP/2
  http3-only - corerush speaks HTTP/1.1 and HTTP/2
  anyauth - corerush does not choose: write --basic or --digest
  ntlm - corerush knows basic and digest authentication
  ntlm-wb - corerush knows basic and digest authentication
  negotiate - corerush knows basic and digest authentication
  aws-sigv4= - corerush does not sign requests: a scenario can, in its code
  netrc n write the user and password of the file, as -u user:password
  netrc-file= - write the user and password of the file, as -u user:password
  netrc-optional - write the user and password of the file, as -u user:password
  proxy-anyauth - corerush does not choose: write --proxy-basic or --proxy-digest
  proxy-ntlm - corerush knows basic and digest authentication
  proxy-negotiate - corerush knows basic and digest authentication
  proxy-header= - corerush sends no headers of its own to a proxy
  proxy-cacert= - corerush connects to proxies by http
  proxy-cert= - corerush connects to proxies by http
  proxy-key= - corerush connects to proxies by http
  proxytunnel p corerush tunnels https through a proxy, and forwards http
  proxy1.0= - corerush connects to proxies by HTTP/1.1
  preproxy= - corerush connects to http proxies
  socks4= - corerush connects to http proxies
  socks4a= - corerush connects to http proxies
  socks5= - corerush connects to http proxies
  socks5-hostname= - corerush connects to http proxies
  abstract-unix-socket= - corerush connects to sockets that have a path
  post301 - corerush follows redirects as browsers do
  post302 - corerush follows redirects as browsers do
  post303 - corerush follows redirects as browsers do
  path-as-is - corerush sends paths without . and ..
  request-target= - corerush sends the path of the URL
  haproxy-protocol - corerush does not speak it
  continue-at= C write the range, as -r 100-
  time-cond= z write the header, as -H 'If-Modified-Since: …'
  etag-compare= - write the header, as -H 'If-None-Match: …'
  capath= - corerush takes one file, as --cacert FILE
  crlfile= - corerush checks no lists of revoked certificates
  pinnedpubkey= - corerush checks certificates by their authorities
  cert-type= - corerush takes certificates in PEM
  key-type= - corerush takes keys in PEM
  pass= - corerush takes keys without a pass phrase
  tlsuser= - corerush authenticates by certificates
  tlspassword= - corerush authenticates by certificates
  dns-servers= - corerush uses the resolver of the system; see --resolve
  doh-url= - corerush uses the resolver of the system; see --resolve
  tr-encoding - corerush does not ask for encodings of the transfer
  form-escape - corerush escapes fields of forms by percent signs
  local-port= - the system chooses the ports
`)

function read(line: string, kind: 'effect' | 'nothing' | 'refused'): CurlOption {
  const [name = '', short = '-', ...rest] = line.split(' ')
  return {
    long: name.replace(/=$/, ''),
    short: short === '-' ? null : short,
    takesValue: name.endsWith('='),
    effect: kind === 'effect' ? (rest[0] as CurlEffect) : null,
    refusal: kind === 'refused' ? rest.join(' ') : null,
  }
}

const OPTIONS: readonly CurlOption[] = [
  ...WITH_EFFECT.map((line) => read(line, 'effect')),
  ...WITHOUT_MEANING.map((line) => read(line, 'nothing')),
  ...REFUSED.map((line) => read(line, 'refused')),
]

const BY_LONG = new Map(OPTIONS.map((option) => [option.long, option]))
const BY_SHORT = new Map(OPTIONS.flatMap((option) => (option.short === null ? [] : [[option.short, option]])))

export const longNames = (): readonly string[] => [...BY_LONG.keys()]

/** The option of `--NAME`, where curl also takes the beginning of a name that fits no other; `null` if there is none. */
export function longOption(name: string): CurlOption | null {
  const exact = BY_LONG.get(name)
  if (exact !== undefined) return exact
  const [only, ...more] = OPTIONS.filter(({ long }) => long.startsWith(name))
  return only !== undefined && more.length === 0 ? only : null
}

export const shortOption = (letter: string): CurlOption | null => BY_SHORT.get(letter) ?? null
