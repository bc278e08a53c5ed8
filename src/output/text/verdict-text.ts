/** The verdict as text: one sentence, then each reason with its seconds and advice. Pure. */
import type { Report } from '../../core/report/report.ts'
import { showMs } from '../../core/units.ts'
import { flow, printable, renderLine, widthOf, type Paint, type Style } from './paint.ts'

const VERDICT_PAINT: Record<Report['verdict']['level'], Paint> = {
  sound: 'green',
  suspect: 'yellow',
  void: 'red',
}

/** What most likely limited the throughput. */
export const BOTTLENECK: Record<Report['verdict']['limit'], string> = {
  none: 'none detected',
  generator: 'the generator; the target may be capable of more',
  target: 'the target, or the plan asked for no more; the generator had capacity left',
  connections: 'the shared connections, or the target behind them: most requests waited for one',
  network: 'the network of this host: ports, queues or lost segments',
}

/** What the level means for the figures of this run. The generator error is printed below the sentence. */
export function sentenceOf({ verdict: { level, latencyBy, reasons }, total }: Report): string {
  if (level === 'void')
    return 'do not use these figures: the planned load was not delivered, or data is missing'
  if (
    level === 'suspect' &&
    reasons.every((reason) => reason.level === 'note' || reason.code === 'load.drifting')
  )
    return 'the generator was healthy, but the level changed far while the load was constant: the percentiles describe neither regime'
  if (reasons.some(({ code }) => code === 'bound.broken'))
    return 'the generator error below does not hold for a percentile that the witness contradicts: do not rely on that one'
  if (level === 'suspect') return 'usable, within the generator error below'
  if (total.succeeded === 0) return 'the generator was healthy, but no request succeeded'
  if (total.latencyMs.reliableTo === null)
    return 'the planned load was delivered; too few samples for reliable percentiles'
  if (latencyBy === 'witness')
    return 'the planned load was delivered, and the percentiles of the witness are accurate to max(1 ms, 5%); those of all requests include delays of the generator'
  return reasons.some(({ code }) => code === 'users.exhausted')
    ? 'the generator was healthy and the percentiles are accurate to max(1 ms, 5%), but the users ran out'
    : 'the planned load was delivered, and the percentiles are accurate to max(1 ms, 5%)'
}

/** The verdict in one sentence, the generator error, the bottleneck, then each reason with advice, wrapped to the width. */
export function renderVerdict(report: Report, style: Style): string[] {
  const { level, limit, reasons, errorBoundMs } = report.verdict
  const lines = wrap(`measurement: ${level}. ${capital(sentenceOf(report))}`, style.width, 0)
  const painted = lines.map((text, i) => {
    const label = `measurement: ${level}.`
    return i === 0 && text.startsWith(label)
      ? renderLine([[label, VERDICT_PAINT[level], 'bold'], text.slice(label.length)], style)
      : text
  })
  if (report.total.latencyMs.mean !== null)
    painted.push(
      ...flow(
        'generator error: ',
        errorWords(errorBoundMs).map((bound) => [bound]),
        ' · ',
        style,
      ),
    )
  painted.push(...wrap(`bottleneck: ${BOTTLENECK[limit]}`, style.width, 2))
  for (const { code, message, advice, fromS, toS } of reasons) {
    painted.push(...wrap(`- ${capital(message)} [${code}, seconds ${fromS}–${toS}].`, style.width, 2))
    painted.push(
      ...wrap(`  ${capital(advice)}.`, style.width, 2).map((text) => renderLine([[text, 'dim']], style)),
    )
  }
  return painted
}

/** The upper bound of what the generator itself added to the percentiles. */
export const errorWords = (boundMs: Report['verdict']['errorBoundMs']): string[] =>
  (['p50', 'p95', 'p99'] as const).map((name) => `${name} ≤ ${showMs(boundMs[name])}`)

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** Wraps text to lines of at most `width` columns; lines after the first are indented. */
export function wrap(text: string, width: number, indent: number): string[] {
  const lines: string[] = []
  let line = ''
  const lead = /^ */.exec(text)![0]
  for (const word of printable(text).trim().split(' ')) {
    const next = line === '' ? (lines.length === 0 ? lead : ' '.repeat(indent)) + word : `${line} ${word}`
    if (line !== '' && widthOf(next) > Math.max(20, Math.min(width, 100))) {
      lines.push(line)
      line = ' '.repeat(indent) + word
    } else line = next
  }
  return [...lines, line]
}
