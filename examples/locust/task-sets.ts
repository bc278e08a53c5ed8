/** Nested task sets of Locust as groups: browsing by chance, within it a checkout in order, and `leave()` for `interrupt()`. */
import { constant, scenario } from 'corerush'

export default scenario({
  baseUrl: 'http://127.0.0.1:8080',
  wait: constant('1s'),
  tasks: {
    Home: ({ http }) => http.get('/'),
    shop: {
      weight: 3,
      tasks: {
        View: {
          weight: 2,
          run: ({ http, random }) => http.get(`/items/${random.int(1, 9)}`, { name: 'item' }),
        },
        checkout: {
          order: 'sequence',
          tags: ['buying'],
          tasks: {
            Basket: ({ http }) => http.post('/basket', { json: { item: 7 } }),
            async Pay({ http, leave }) {
              await http.post('/pay')
              leave()
            },
          },
        },
        Leave: ({ leave }) => leave(),
      },
    },
  },
})
