/**
 * Set-top boxes reading a programme guide: each user takes a channel and requests every day of a week. With the embedded
 * target on port 8080: `corerush examples/epg.ts --users 50`.
 */
import { constant, counter, feeder, scenario } from 'corerush'

const DAYS = 7

const channels = feeder.json<{ id: string; name: string }>('channels.json', { order: 'shuffle' })
const sweeps = counter('sweeps')

export default scenario({
  baseUrl: 'http://127.0.0.1:8080',
  wait: constant('1s'),
  tasks: {
    async Sweep({ http, take }) {
      const { id } = take(channels)
      for (let day = 0; day < DAYS; day++)
        await http.get('/programs', { query: { channel: id, day }, name: 'programs', throws: true })
      sweeps.add()
    },
  },
})
