/** Tells the steps of users' tasks, for `corerush debug`; no other run has one. */
import type { KnownSecrets } from '../../core/request/known-secrets.ts'
import { transcriptOf, type Step } from '../../core/request/transcript.ts'
import { frameOf } from '../../scenario/file.ts'
import type { Exchange } from '../transport/transport.ts'
import type { KeptReply } from './reply.ts'

export class Watch {
  readonly #file: string
  readonly #secrets: KnownSecrets
  readonly #tell: (step: Step) => void

  constructor(file: string, secrets: KnownSecrets, tell: (step: Step) => void) {
    this.#file = file
    this.#secrets = secrets
    this.#tell = tell
  }

  begins(task: string): void {
    this.#tell({ type: 'begins', task })
  }

  /** The response is kept whole. */
  exchange(exchange: Exchange, reply: KeptReply, isChecked: boolean): void {
    const { request, added, outcome, message, status, reused, sentUs, doneUs } = exchange
    const body = reply.readable
    const seen = {
      request: request!.plan,
      added,
      response: status === 0 ? null : { status, headers: reply.flatHeaders, kept: body, bytes: body.length },
      outcome,
      message,
      isNewConnection: !reused,
      serviceMs: (doneUs - sentUs) / 1000,
      isChecked,
    }
    this.#tell({ type: 'exchange', exchange: transcriptOf(seen, this.#secrets) })
  }

  ended(task: string, hasFailed: boolean): void {
    this.#tell({ type: 'ended', task, hasFailed, error: null })
  }

  /** The message has no secrets. */
  failed(task: string, message: string, error: unknown): void {
    const frame = frameOf(this.#file, error)
    this.#tell({
      type: 'ended',
      task,
      hasFailed: true,
      error: { message, frame: frame === null ? null : this.#secrets.hide(frame) },
    })
  }
}
