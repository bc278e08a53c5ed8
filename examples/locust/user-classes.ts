/** Several user classes with `weight` and `fixed_count`, tags, a `wait_time` of one's own, and `weight = 0`. */
import { constant, scenario } from 'corerush'

const baseUrl = 'http://127.0.0.1:8080'

export default [
  scenario({
    name: 'reader',
    weight: 3,
    baseUrl,
    // Some users think for long.
    wait: ({ random }) => (random() < 0.1 ? 2 : random.int(5, 9) / 10),
    tasks: {
      Front: { weight: 3, tags: ['front'], run: ({ http }) => http.get('/') },
      Search: {
        tags: ['search'],
        run: ({ http, random }) => http.get('/search', { query: { q: random.pick(['tea', 'cup']) } }),
      },
    },
  }),
  scenario({
    name: 'writer',
    wait: constant('1s'),
    tasks: { Write: ({ http }) => http.put('/text', { body: 'x' }) },
  }),
  scenario({
    name: 'admin',
    users: 1,
    wait: constant('1s'),
    tasks: { Look: ({ http }) => http.get('/admin') },
  }),
  scenario({ name: 'crawler', weight: 0, tasks: { Crawl: ({ http }) => http.get('/crawled') } }),
]
