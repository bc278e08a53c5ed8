/**
 * The latencies of each second in the log format of HdrHistogram (1.3, V2 encoding): all requests together without a tag,
 * and each request name with its own tag. Values are microseconds; the column of the maximum is in milliseconds. Warm-up
 * seconds are excluded, so the merge of the log equals `latencyMs` of the report.
 */
import type { Histogram } from '../../core/measure/histogram.ts'
import type { Report } from '../../core/report/report.ts'
import type { SettledSecond } from '../../core/measure/timeline.ts'
import type { Destination } from '../destination.ts'
import type { Output } from '../output.ts'
import { encoded } from './hdr-encoding.ts'
import { Spool } from '../spool.ts'
import { printable } from '../text/paint.ts'

export class HistogramLog implements Output {
  readonly name: string
  readonly #destination: Destination
  /** Lines of every name of every second: more than memory has room for in a long run. */
  readonly #lines = new Spool()

  constructor(destination: Destination) {
    this.name = `hlog=${destination.name}`
    this.#destination = destination
  }

  check(): void {
    this.#destination.check()
  }

  settled({ second, phase, tally, all }: SettledSecond): void {
    if (phase === 'warmup') return
    const latency = all.peek('latency')
    if (latency !== null && latency.count > 0) this.#lines.add(`${renderLogLine(latency, second, null)}\n`)
    // With a single name, the tagged lines would repeat the untagged ones.
    if (tally.requests.size < 2) return
    for (const [name, request] of tally.requests) {
      const own = request.peek('latency')
      if (own !== null && own.count > 0) this.#lines.add(`${renderLogLine(own, second, tagOf(name))}\n`)
    }
  }

  finish({ version, startedAt }: Report): void | Promise<void> {
    const startS = Date.parse(startedAt) / 1000
    const head = [
      `#[Logged with corerush ${version}; latencies in microseconds]`,
      '#[Histogram log format version 1.3]',
      `#[StartTime: ${startS.toFixed(3)} (seconds since epoch), ${startedAt}]`,
      `#[BaseTime: ${startS.toFixed(3)} (seconds since epoch)]`,
      '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
      '',
    ].join('\n')
    const lines = this.#lines
    const text = {
      *[Symbol.iterator]() {
        yield head
        yield* lines
      },
    }
    let written: void | Promise<void> = undefined
    try {
      written = this.#destination.write(text)
    } finally {
      if (written === undefined) lines.close()
    }
    return written?.finally(() => lines.close())
  }
}

function renderLogLine(histogram: Histogram, second: number, tag: string | null): string {
  const maxMs = histogram.maxUs! / 1000
  const interval = `${second.toFixed(3)},1.000,${maxMs.toFixed(3)},${encoded(histogram)}`
  return tag === null ? interval : `Tag=${tag},${interval}`
}

/** A tag ends at a comma and must not contain blanks. */
const tagOf = (name: string): string => printable(name).replace(/[,\s]+/g, '_')
