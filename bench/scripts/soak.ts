/** Requests of 200 names, of which one in 500 goes to a server that does not speak TLS. */
import { scenario } from 'corerush'

const NAMES = Number(process.env['SOAK_NAMES'] ?? 200)
const TLS_URL = process.env['SOAK_TLS_URL'] ?? ''
let n = 0

export default scenario({
  tasks: {
    async visit({ http, user }) {
      const which = n++
      if (TLS_URL !== '' && which % 500 === 499) await http.get(TLS_URL, { name: 'no TLS' })
      else await http.get(`/page/${user}`, { name: `page ${which % NAMES}` })
    },
  },
})
