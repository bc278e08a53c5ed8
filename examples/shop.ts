/**
 * A shop: users log in with accounts from a file, browse, and sometimes buy. With the embedded target on port 8080:
 * `corerush examples/shop.ts --users 20`.
 */
import { between, check, feeder, scenario, type ReadResponse } from 'corerush'

const accounts = feeder.csv<{ name: string; password: string }>('accounts.csv')

const isPage = (response: ReadResponse): true | string => response.text() !== '' || 'an empty page'

export default scenario({
  baseUrl: 'http://127.0.0.1:8080',
  wait: between('1s', '3s'),
  async onStart({ http, take }) {
    const { name, password } = take(accounts)
    const login = await http.post('/login', { form: { name, password }, name: 'login' })
    check(login.ok, `login failed for ${name}`)
    return { name, orders: 0 }
  },
  tasks: {
    Browse: {
      weight: 5,
      tags: ['read'],
      async run({ http, random }) {
        const item = Math.floor(random() * 100)
        await http.get('/items', { query: { page: item % 10 }, name: 'items', check: isPage })
        await http.get(`/items/${item}`, { name: 'item', check: isPage })
      },
    },
    Buy: {
      tags: ['write'],
      async run({ http, state, think }) {
        await http.put('/basket', { json: { item: 7, pieces: 1 }, name: 'basket', throws: true })
        await think('0.2s-0.6s')
        await http.post('/orders', { json: { buyer: state.name }, name: 'order', throws: true })
        if (++state.orders > 3) await http.get('/thanks', { name: 'thanks' })
      },
    },
  },
  onStop: ({ http }) => http.post('/logout', { name: 'logout' }),
})
