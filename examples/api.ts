/**
 * An API with independent callers, so iterations start by the clock. With the embedded target on port 8080:
 * `corerush examples/api.ts --rate 200/s --threshold 'p99 < 100ms'`.
 */
import { scenario } from 'corerush'

export default scenario({
  baseUrl: 'http://127.0.0.1:8080',
  tasks: {
    Search: {
      weight: 9,
      async run({ http, random }) {
        await http.get('/search', { query: { q: `word ${Math.floor(random() * 1000)}` }, name: 'search' })
      },
    },
    Store: {
      async run({ http, user }) {
        await Promise.all([
          http.put(`/documents/${user}`, { json: { text: 'hello' }, name: 'document' }),
          http.post('/events', { json: { kind: 'stored' }, name: 'event', expectStatus: '2xx' }),
        ])
      },
    },
  },
})
