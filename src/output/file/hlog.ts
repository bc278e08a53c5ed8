/**
 * The latencies of each second in the log format of HdrHistogram (1.3, V2 encoding): all requests together without a tag,
 * and each request name with its own tag. Values are microseconds; the column of the maximum is in milliseconds. Warm-up
 * seconds are excluded, so the merge of the log equals `latencyMs` of the report.
 */
import type { Histogram } from '../../core/measure/histogram.ts'
import type { Report } from '../../core/report/report.ts'
import { RequestTally } from '../../core/measure/request-tally.ts'
import { mergeRequests } from '../../core/measure/tally.ts'
import type { SettledSecond } from '../../core/measure/timeline.ts'
import type { Destination } from '../destination.ts'
import type { Output } from '../output.ts'
import { printable } from '../text/paint.ts'

export class HistogramLog implements Output {
  readonly name: string
  readonly #destination: Destination
  readonly #lines: string[] = []

  constructor(destination: Destination) {
    this.name = `hlog=${destination.name}`
    this.#destination = destination
  }

  check(): void {
    this.#destination.check()
  }

  settled({ second, phase, tally }: SettledSecond): void {
    if (phase === 'warmup') return
    const all = mergeRequests(tally, new RequestTally(false)).peek('latency')
    if (all !== null && all.count > 0) this.#lines.push(renderLogLine(all, second, null))
    // With a single name, the tagged lines would repeat the untagged ones.
    if (tally.requests.size < 2) return
    for (const [name, request] of tally.requests) {
      const own = request.peek('latency')
      if (own !== null && own.count > 0) this.#lines.push(renderLogLine(own, second, tagOf(name)))
    }
  }

  finish({ version, startedAt }: Report): void | Promise<void> {
    const startS = Date.parse(startedAt) / 1000
    return this.#destination.write(
      [
        `#[Logged with corerush ${version}; latencies in microseconds]`,
        '#[Histogram log format version 1.3]',
        `#[StartTime: ${startS.toFixed(3)} (seconds since epoch), ${startedAt}]`,
        `#[BaseTime: ${startS.toFixed(3)} (seconds since epoch)]`,
        '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
        ...this.#lines,
        '',
      ].join('\n'),
    )
  }
}

function renderLogLine(histogram: Histogram, second: number, tag: string | null): string {
  const maxMs = histogram.maxUs! / 1000
  const interval = `${second.toFixed(3)},1.000,${maxMs.toFixed(3)},${histogram.encode()}`
  return tag === null ? interval : `Tag=${tag},${interval}`
}

/** A tag ends at a comma and must not contain blanks. */
const tagOf = (name: string): string => printable(name).replace(/[,\s]+/g, '_')
