/** What corerush tells the page, and what the page asks of it. */
import { TOKEN_HEADER, type LiveFrame, type LiveRun, type PageState } from '../output/web-messages.ts'

export interface Listeners {
  readonly state: (state: PageState) => void
  readonly run: (run: LiveRun) => void
  readonly frame: (frame: LiveFrame) => void
  /** Whether nothing is heard at the moment. */
  readonly lost: (isLost: boolean) => void
}

/** Listens until corerush says that it ends; what breaks off meanwhile is taken up again. */
export function listen(token: string, { state, run, frame, lost }: Listeners): void {
  const source = new EventSource(`events?token=${token}`)
  const on = (name: string, tell: (value: never) => void): void =>
    source.addEventListener(name, ({ data }: MessageEvent<string>) => tell(JSON.parse(data) as never))
  on('state', (said: PageState) => {
    state(said)
    if (said.isOver) source.close()
  })
  on('run', run)
  // Nobody sees a hidden tab, and painting it costs the cores that make the load.
  let unseen: LiveFrame | null = null
  on('frame', (said: LiveFrame) => {
    if (document.hidden) unseen = said
    else frame(said)
  })
  document.addEventListener('visibilitychange', () => {
    if (document.hidden || unseen === null) return
    frame(unseen)
    unseen = null
  })
  source.onopen = () => lost(false)
  source.onerror = () => lost(true)
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
