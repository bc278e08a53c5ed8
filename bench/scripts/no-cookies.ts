/** The same, from a user that keeps no cookies. */
import { scenario } from 'corerush'

export default scenario({
  cookies: false,
  tasks: { Post: ({ http }) => http.post('/GetPrograms', { body: '<story/>', name: 'GetPrograms' }) },
})
