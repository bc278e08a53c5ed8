/** The same, asking for compressed responses, which it does not read, from a user that keeps no cookies. */
import { scenario } from 'corerush'

export default scenario({
  cookies: false,
  compressed: true,
  tasks: { Post: ({ http }) => http.post('/GetPrograms', { body: '<story/>', name: 'GetPrograms' }) },
})
