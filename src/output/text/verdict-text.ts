/** The verdict for a person: one sentence, then each reason with its seconds and what to do. Pure. */
import type { Report } from '../../core/report/report.ts'
import { printable, renderLine, widthOf, type Paint, type Style } from './paint.ts'

const VERDICT_PAINT: Record<Report['verdict']['level'], Paint> = {
  sound: 'green',
  suspect: 'yellow',
  void: 'red',
}

/** What most likely kept the throughput from being higher. */
export const LIMIT: Record<Report['verdict']['limit'], string> = {
  none: 'none was reached, as far as can be seen from here',
  generator: 'the generator; what the target could do beyond this is not known',
  target: 'the target, or what the plan let it do; the generator had time left',
  network: 'the network of this host: ports, queues or lost segments',
}

/** What the level means for the figures of this run, which stand above or below the sentence. */
export function sentenceOf(
  { verdict: { level, reasons }, total }: Report,
  figures: 'above' | 'below',
): string {
  if (level === 'void')
    return `the figures ${figures} are not what the plan asked for, or a part of them is missing`
  if (level === 'suspect') return `usable, with the bounds ${figures}`
  if (total.succeeded === 0) return 'the generator was in order, but no request succeeded'
  if (total.latencyMs.reliableTo === null)
    return 'the planned load was delivered; too few samples to say how true the percentiles are'
  return reasons.some(({ code }) => code === 'users.exhausted')
    ? 'the generator was in order and the percentiles are within max(1 ms, 5 %) of the truth, but users ran out'
    : 'the planned load was delivered, and the percentiles are within max(1 ms, 5 %) of the truth'
}

/** The verdict in one sentence, what limited the run, then what to do about each reason, wrapped to the width. */
export function renderVerdict(report: Report, style: Style): string[] {
  const { level, reasons } = report.verdict
  const lines = wrap([`verdict: ${level}. `, capital(sentenceOf(report, 'above'))].join(''), style.width, 0)
  const painted = lines.map((text, i) => {
    const label = `verdict: ${level}.`
    return i === 0 && text.startsWith(label)
      ? renderLine([[label, VERDICT_PAINT[level], 'bold'], text.slice(label.length)], style)
      : text
  })
  painted.push(...wrap(`limit: ${LIMIT[report.verdict.limit]}`, style.width, 0))
  for (const { code, message, advice, fromS, toS } of reasons) {
    painted.push(...wrap(`- ${capital(message)} [${code}, seconds ${fromS}–${toS}].`, style.width, 2))
    painted.push(
      ...wrap(`  ${capital(advice)}.`, style.width, 2).map((text) => renderLine([[text, 'dim']], style)),
    )
  }
  return painted
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** Words on lines of at most `width` columns, those after the first indented. */
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
