/**
 * How far the ratio of two runs' figures may be from what was measured, by resampling blocks of their seconds: neighbouring seconds
 * resemble each other, so a request, or a second, is no sample of its own, and a block of seconds nearly is. Circular
 * block bootstrap: D. N. Politis and J. P. Romano, "A circular block-resampling procedure for stationary data", in
 * Exploring the Limits of Bootstrap, Wiley 1992; the idea of blocks: H. R. Künsch, Annals of Statistics 17 (1989).
 */
import { seededRandom, type Random } from '../random.ts'
import type { Block, RunSample } from './run-sample.ts'

const RESAMPLES = 999
/** A block is as long as what makes seconds resemble each other lasts, and longer in a long run. */
const SHORTEST_BLOCK_S = 10
/** With fewer than three blocks there is nothing to draw from. */
export const FEWEST_SECONDS = 3 * SHORTEST_BLOCK_S

/** Logarithms of current / baseline, sorted; `null` if a figure is missing. */
export function resampleRatios(
  baseline: RunSample,
  current: RunSample,
  metric: string,
  seed: number,
): readonly number[] | null {
  const random = seededRandom(seed)
  const ratios: number[] = []
  for (let i = 0; i < RESAMPLES; i++) {
    const before = baseline.figure(metric, drawBlocks(baseline.runs, random))
    const after = current.figure(metric, drawBlocks(current.runs, random))
    if (before === null || after === null) return null
    ratios.push(Math.log(after / before))
  }
  return ratios.sort((a, b) => a - b)
}

/**
 * Draws as many seconds as there are in all runs, in blocks that begin anywhere; a block that reaches the end of its run
 * continues at the start of that run, as seconds of two runs are no neighbours. `blockS` is at most the shortest run.
 */
export function drawBlocks(runs: readonly Block[], random: Random, blockS: number | null = null): Block[] {
  const seconds = runs.reduce((sum, { from, to }) => sum + to - from, 0)
  const blocks: Block[] = []
  for (let left = seconds; left > 0;) {
    // Joined runs lie one after the other.
    const begin = Math.floor(random() * seconds)
    const run = runs.find(({ to }) => begin < to)!
    const length = Math.min(left, blockS ?? blockLength(run.to - run.from))
    const to = begin + length
    if (to <= run.to) blocks.push({ from: begin, to })
    else blocks.push({ from: begin, to: run.to }, { from: run.from, to: run.from + to - run.to })
    left -= length
  }
  return blocks
}

/** The length of blocks of a run. */
export const blockLength = (seconds: number): number =>
  Math.min(seconds, Math.max(SHORTEST_BLOCK_S, Math.ceil(Math.sqrt(seconds))))
