/** Users that post a small XML body. With the embedded target on port 8080: `corerush examples/getprograms.ts --users 550`. */
import { readFileSync } from 'node:fs'
import { between, scenario } from 'corerush'

const body = readFileSync(new URL('getprograms.xml', import.meta.url))

export default scenario({
  baseUrl: 'http://127.0.0.1:8080/',
  headers: { 'content-type': 'application/xml' },
  wait: between('0.9s', '1.1s'),
  tasks: { GetPrograms: ({ http }) => http.post('GetPrograms', { body, name: 'GetPrograms' }) },
})
