/** The answers of the target: each kind is built once, and a request draws one by the shares of the statuses. */

/** A status and the share of all requests, from 0 to 1, that are answered with it. */
export interface StatusShare {
  readonly status: number
  readonly ratio: number
}

/** One kind of answer, and how often it was sent. */
export interface Answer {
  readonly status: number
  /** Drawn when the random number is below this; the last answer's is Infinity. */
  readonly below: number
  readonly headers: string[]
  readonly body: Buffer
  sent: number
}

/** Statuses with a share above 0; 200 takes what they leave. */
export function buildAnswers(statuses: readonly StatusShare[], bodyBytes: number): Answer[] {
  const ratios = new Map<number, number>()
  for (const { status, ratio } of statuses) ratios.set(status, (ratios.get(status) ?? 0) + ratio)
  const body = Buffer.alloc(bodyBytes, 'corerush target\n')
  const none = Buffer.alloc(0)
  const answers: Answer[] = []
  const add = (status: number, below: number): void => {
    // 204 and 304 have no body by definition; a length would be wrong for 204, and a client may wait for what a 304 names.
    if (status === 204 || status === 304)
      return void answers.push({ status, below, headers: [], body: none, sent: 0 })
    const content = status === 205 ? none : body
    const headers = ['content-type', 'text/plain', 'content-length', String(content.length)]
    answers.push({ status, below, headers, body: content, sent: 0 })
  }
  let below = 0
  for (const [status, ratio] of ratios) if (status !== 200 && ratio > 0) add(status, (below += ratio))
  // Ratios such as 0.1 do not add up to exactly 1.
  if (below < 1 - 1e-9) add(200, Infinity)
  else answers[answers.length - 1] = { ...answers.at(-1)!, below: Infinity }
  return answers
}

/** Draws no random number if there is only one kind of answer. */
export function drawAnswer(answers: readonly Answer[], random: () => number): Answer {
  if (answers.length === 1) return answers[0]!
  const x = random()
  return answers.find((answer) => x < answer.below)!
}
