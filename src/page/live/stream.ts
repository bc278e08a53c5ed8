/** What corerush tells the page, and what the page asks of it. */
import { TOKEN_HEADER, type LiveFrame, type LiveRun, type PageState } from '../../output/web/web-messages.ts'

export interface Listeners {
  readonly state: (state: PageState) => void
  readonly run: (run: LiveRun) => void
  readonly frame: (frame: LiveFrame) => void
  /** Whether nothing is heard at the moment. */
  readonly lost: (isLost: boolean) => void
}

/**
 * Listens until corerush says that it ends; what breaks off meanwhile is taken up again. A hidden tab lets go of its
 * connection, of which a browser has six for all of its tabs, and is told all that counts when it is seen again: unless
 * corerush ends with the run, for then there would be nobody left to tell it how that ended.
 */
export function listen(token: string, { state, run, frame, lost }: Listeners): void {
  let source: EventSource | null = null
  let latest: PageState | null = null
  // Nobody sees a hidden tab, and painting it costs the cores that make the load.
  let unseen: LiveFrame | null = null
  const open = (): EventSource => {
    const opened = new EventSource(`events?token=${token}`)
    const on = (name: string, tell: (value: never) => void): void =>
      opened.addEventListener(name, ({ data }: MessageEvent<string>) => tell(JSON.parse(data) as never))
    on('state', (said: PageState) => {
      latest = said
      state(said)
      follow()
    })
    on('run', run)
    on('frame', (said: LiveFrame) => {
      if (document.hidden) unseen = said
      else frame(said)
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

/** Rejects with what corerush said, when it does not do it. */
export async function act(
  token: string,
  action: 'stop' | 'start' | 'load',
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
