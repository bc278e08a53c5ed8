/** What a test has begun is ended with its process: at its exit, by a signal, or because vitest has gone. */
const callbacks = new Set<() => void>()

function end(): void {
  for (const callback of callbacks) {
    callbacks.delete(callback)
    callback()
  }
}

process.once('exit', end)
// Vitest ends its processes by SIGTERM, for which Node emits no `exit`.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => {
    end()
    process.kill(process.pid, signal)
  })
process.once('disconnect', () => {
  end()
  process.kill(process.pid, 'SIGTERM')
})

/** Calls back when this process ends; returns what takes that back. The callback must do its work at once. */
export function atEnd(callback: () => void): () => void {
  callbacks.add(callback)
  return () => callbacks.delete(callback)
}
