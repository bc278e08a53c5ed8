/** The request of `bench/scripted.ts`, from a script. */
import { scenario } from 'corerush'

export default scenario({
  tasks: { Post: ({ http }) => http.post('/GetPrograms', { body: '<story/>', name: 'GetPrograms' }) },
})
