/** `--out otlp` and `--out otlp=URL`: metrics to a collector. */
import { randomUUID } from 'node:crypto'
import type { Problem } from '../core/options/options.ts'
import { readOtlpTarget } from '../core/export/otlp-options.ts'
import { OtlpPush } from '../output/push/otlp-push.ts'
import type { Output } from '../output/output.ts'

export const isOtlp = (text: string): boolean => text === 'otlp' || text.startsWith('otlp=')

/** The output that this asks for; none where something is wrong with it, which is added to the problems. */
export function readOtlpPush(text: string, problems: Problem[]): Output[] {
  const url = text === 'otlp' ? null : text.slice('otlp='.length)
  const target = readOtlpTarget(url, process.env, (message) =>
    problems.push({ option: 'out', message: `otlp: ${message}` }),
  )
  return target === null ? [] : [new OtlpPush(target, randomUUID())]
}
