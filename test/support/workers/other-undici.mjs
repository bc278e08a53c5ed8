// The worker with another version of undici, which asks its sockets for more than is known.
import { createRequire } from 'node:module'
import work from '../../../dist/worker/main.js'

const require = createRequire(import.meta.url)
require('undici/package.json').version = '8.0.0'
const path = require.resolve('undici/lib/dispatcher/client.js')
const Client = require(path)
require.cache[path].exports = class extends Client {
  constructor(origin, options) {
    super(origin, {
      ...options,
      connect: (to, callback) =>
        options.connect(to, (error, socket) => {
          void socket?.setSomethingNew
          callback(error, socket)
        }),
    })
  }
}

export default work
