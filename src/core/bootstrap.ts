/**
 * How far the ratio of two runs' figures may be from what was measured, by resampling blocks of their seconds: neighbouring seconds
 * resemble each other, so a request, or a second, is no sample of its own, and a block of seconds nearly is. Circular
 * block bootstrap: D. N. Politis and J. P. Romano, "A circular block-resampling procedure for stationary data", in
 * Exploring the Limits of Bootstrap, Wiley 1992; the idea of blocks: H. R. Künsch, Annals of Statistics 17 (1989).
 */
import { seededRandom, type Random } from './random.ts'
import type { Block, RunSample } from './run-sample.ts'

const RESAMPLES = 999
/** A block is as long as what makes seconds resemble each other lasts, and longer in a long run. */
const SHORTEST_BLOCK_S = 10
/** With fewer than three blocks there is nothing to draw from. */
export const FEWEST_SECONDS = 3 * SHORTEST_BLOCK_S

/** Logarithms of current / baseline, sorted; null where a figure is missing. */
export function resampleRatios(
  baseline: RunSample,
  current: RunSample,
  metric: string,
  seed: number,
): readonly number[] | null {
  const random = seededRandom(seed)
  const ratios: number[] = []
  for (let i = 0; i < RESAMPLES; i++) {
    const before = baseline.figure(metric, drawBlocks(baseline.seconds, random))
    const after = current.figure(metric, drawBlocks(current.seconds, random))
    if (before === null || after === null) return null
    ratios.push(Math.log(after / before))
  }
  return ratios.sort((a, b) => a - b)
}

/** As many seconds as there are, in blocks that begin anywhere; one that reaches the end goes on at the start. */
export function drawBlocks(seconds: number, random: Random): Block[] {
  const blockS = Math.min(seconds, Math.max(SHORTEST_BLOCK_S, Math.ceil(Math.sqrt(seconds))))
  const blocks: Block[] = []
  for (let left = seconds; left > 0; left -= blockS) {
    const from = Math.floor(random() * seconds)
    const to = from + Math.min(blockS, left)
    if (to <= seconds) blocks.push({ from, to })
    else blocks.push({ from, to: seconds }, { from: 0, to: to - seconds })
  }
  return blocks
}
