/** The same, with a hook that counts the requests, from a user that keeps no cookies. */
import { scenario } from 'corerush'

let failed = 0

export default scenario({
  cookies: false,
  onRequest({ ok }) {
    if (!ok) failed++
  },
  onStop: () => failed,
  tasks: { Post: ({ http }) => http.post('/GetPrograms', { body: '<story/>', name: 'GetPrograms' }) },
})
