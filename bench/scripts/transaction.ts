/** The same, each request in a transaction, from a user that keeps no cookies. */
import { scenario } from 'corerush'

export default scenario({
  cookies: false,
  tasks: {
    Post: ({ http, transaction }) =>
      transaction('story', () => http.post('/GetPrograms', { body: '<story/>', name: 'GetPrograms' })),
  },
})
