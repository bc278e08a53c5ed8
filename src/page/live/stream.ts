/** The connection of the live page: events from corerush, requests to it. */
import { TOKEN_HEADER, type LiveFrame, type LiveRun, type PageState } from '../../output/web/web-messages.ts'

export interface Listeners {
  readonly state: (state: PageState) => void
  readonly run: (run: LiveRun) => void
  readonly frame: (frame: LiveFrame) => void
  /** Called when the connection is lost or restored. */
  readonly lost: (isLost: boolean) => void
}

/**
 * Listens until corerush exits, and reconnects after an interruption. A hidden tab closes its connection, because a browser
 * has six per host for all of its tabs, and catches up when it is visible again. It keeps the connection if corerush exits
 * with the run, because nobody could send it the result later.
 */
export function listen(token: string, { state, run, frame, lost }: Listeners): void {
  let source: EventSource | null = null
  let latest: PageState | null = null
  // A hidden tab is not repainted: that would take CPU time from the load.
  let unseen: LiveFrame | null = null
  const open = (): EventSource => {
    const opened = new EventSource(`events?token=${token}`)
    const on = (name: string, handle: (value: never) => void): void =>
      opened.addEventListener(name, ({ data }: MessageEvent<string>) => handle(JSON.parse(data) as never))
    on('state', (received: PageState) => {
      latest = received
      state(received)
      follow()
    })
    on('run', run)
    on('frame', (received: LiveFrame) => {
      if (document.hidden) unseen = received
      else frame(received)
    })
    opened.onopen = () => lost(false)
    opened.onerror = () => lost(true)
    return opened
  }
  const follow = (): void => {
    if (latest?.isOver === true || (document.hidden && latest?.staysOpen !== false)) {
      source?.close()
      source = null
    } else source ??= open()
    if (document.hidden || unseen === null) return
    frame(unseen)
    unseen = null
  }
  document.addEventListener('visibilitychange', follow)
  follow()
}

/** Sends an action to corerush. Rejects with the message of the response if it is refused. */
export async function act(
  token: string,
  action: 'stop' | 'start' | 'load' | 'reset',
  body: object = {},
): Promise<unknown> {
  const response = await fetch(action, {
    method: 'POST',
    headers: { [TOKEN_HEADER]: token, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(await response.text())
  return response.json()
}
