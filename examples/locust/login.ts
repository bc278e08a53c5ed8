/** `on_start` with a token for all further requests, `catch_response`, and accounts of a CSV file. */
import { check, constant, feeder, scenario } from 'corerush'

const accounts = feeder.csv<{ name: string; password: string }>('accounts.csv')

export default scenario({
  baseUrl: 'http://127.0.0.1:8080',
  wait: constant('1s'),
  async onStart({ http, take }) {
    const { name, password } = take(accounts)
    const login = await http.post('/login', { json: { name, password }, read: true })
    check(login.ok, `login failed for ${name}`)
    http.headers.set('authorization', `Bearer ${(login.json() as { token: string }).token}`)
    return { name }
  },
  tasks: {
    Orders: ({ http, state }) =>
      http.get('/orders', {
        query: { of: state.name },
        // As `response.failure('…')`: what the check returns is the failure.
        check: (response) => response.text() !== '' || 'no orders',
      }),
    // As `response.success()` for a 404.
    Missing: ({ http }) => http.get('/missing', { expectStatus: 404 }),
  },
})
