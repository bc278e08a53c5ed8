/** The same, from a user that has a cookie. */
import { scenario } from 'corerush'

export default scenario({
  onStart: ({ cookies }) => cookies.set('session=0123456789abcdef; Path=/; HttpOnly'),
  tasks: { Post: ({ http }) => http.post('/GetPrograms', { body: '<story/>', name: 'GetPrograms' }) },
})
