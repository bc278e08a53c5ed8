/** The steps of a user's tasks as text, for `corerush debug`. Pure. */
import type { ShownBody } from '../../core/request/shown-exchange.ts'
import type { Step, Transcript } from '../../core/request/transcript.ts'
import { showMs } from '../../core/units.ts'
import { renderLine, type Paint, type Span, type Style } from './paint.ts'

/** Lines of a body that are shown, and characters per line. */
const MOST_LINES = 20
const MOST_CHARACTERS = 500

export function renderStep(step: Step, style: Style): string {
  if (step.type === 'begins')
    return lines(
      [
        [
          ['── ', 'dim'],
          [step.task, 'bold'],
        ],
      ],
      style,
    )
  if (step.type === 'exchange') return exchange(step.exchange, style)
  const { error, task, hasFailed } = step
  if (error === null)
    return lines([hasFailed ? [[`✗ ${task}: a request failed`, 'red']] : [[`✓ ${task}`, 'green']], []], style)
  const frame = (error.frame ?? '').split('\n').map((line): Span[] => [`  ${line}`])
  return lines([[[`✗ ${task}: ${error.message}`, 'red']], ...(error.frame === null ? [] : frame), []], style)
}

function exchange(transcript: Transcript, style: Style): string {
  const { name, request, response, outcome, message, isChecked } = transcript
  const took = `${showMs(transcript.serviceMs)}${transcript.isNewConnection ? ', on a new connection' : ''}`
  const isOk = outcome === 'ok'
  const [word, paint]: [string, Paint] = isOk
    ? [isChecked ? 'ok, the check passed' : 'ok', 'green']
    : [`failed, ${outcome}: ${message}`, 'red']
  return lines(
    [
      [
        ['→ ', 'cyan'],
        [`${request.method} ${request.url}`, 'bold'],
        [`  ${name}`, 'dim'],
      ],
      ...head(request.headers),
      ...(request.body === null ? [] : content(request.body)),
      [
        ['← ', 'cyan'],
        response === null ? 'no response' : [String(response.status), 'bold'],
        [` in ${took}`, 'dim'],
      ],
      ...(response === null ? [] : [...head(response.headers), ...content(response.body)]),
      [['  '], [word, paint]],
    ],
    style,
  )
}

const head = (headers: Transcript['request']['headers']): Span[][] =>
  headers.map(([name, value]) => [[`  ${name}: `, 'dim'], value])

/** A body, separated by an empty line, and how much of it was cut. */
function content({ bytes, text }: ShownBody): Span[][] {
  if (bytes === 0) return []
  const body = text ?? `(${bytes} bytes)`
  const all = body.split(/\r?\n/)
  const shown = all.slice(0, MOST_LINES).map((line) => line.slice(0, MOST_CHARACTERS))
  const left = body.length - shown.join('\n').length
  return [
    [],
    ...shown.map((line): Span[] => [`  ${line}`]),
    ...(left > 0 ? [[[`  … ${left} more characters`, 'dim']] as Span[]] : []),
  ]
}

const lines = (all: readonly (readonly Span[])[], style: Style): string =>
  all.map((spans) => `${renderLine(spans, { ...style, width: Infinity })}\n`).join('')
