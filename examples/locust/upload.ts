/** A multipart upload, as `files={…}` and `data={…}` of requests, that is redirected to what it has made. */
import { constant, scenario } from 'corerush'

const photo = new Blob([new Uint8Array(2000)], { type: 'image/jpeg' })

export default scenario({
  baseUrl: 'http://127.0.0.1:8080',
  wait: constant('1s'),
  redirects: 5,
  tasks: {
    async Upload({ http, user }) {
      const body = new FormData()
      body.set('title', `photo of ${user}`)
      body.set('photo', photo, 'photo.jpg')
      const { url, redirects } = await http.post('/photos', { body, throws: true })
      if (redirects.length !== 1) throw new Error(`not redirected: ${url}`)
    },
  },
})
