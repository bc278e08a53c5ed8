/** Loads the plan's scenario file in this thread, and connects it to the run. */
import { captureConsole, captureStreams, type Written } from '../../scenario/console.ts'
import type { KnownSecrets } from '../../core/request/known-secrets.ts'
import type { ScriptPlan } from '../../core/scenario/script-plan.ts'
import type { Assignment, FromWorker } from '../../protocol.ts'
import { loadScenarios } from '../../scenario/file.ts'
import { frozen } from '../../scenario/json-value.ts'
import type { Clock } from '../time/clock.ts'
import type { Cookies } from '../call/cookies.ts'
import type { Recorder } from '../record/recorder.ts'
import { feedsOf } from '../user/feed.ts'
import type { CookieLost } from './jar.ts'
import type { LoadedScript } from './users.ts'
import { scriptedUsers } from './scripted-users.ts'
import { countStrayErrors } from './stray-errors.ts'
import { TaskLog } from './task-log.ts'
import { Watch } from './watch.ts'

export interface ScriptSurroundings {
  readonly recorder: Recorder
  readonly secrets: KnownSecrets
  readonly clock: Clock
  readonly tell: (message: FromWorker) => void
  readonly deserted: () => void
}

export async function loadScript(
  scenario: ScriptPlan,
  { plan, share, feeders, data, isWatched }: Assignment,
  around: ScriptSurroundings,
): Promise<LoadedScript> {
  const { file, scenarios: planned } = scenario
  const { recorder, secrets, clock, tell, deserted } = around
  const log = new TaskLog({
    worker: share.index,
    nowUs: clock.nowUs,
    hide: (text) => secrets.hide(text),
    send: (entries) => tell({ type: 'logged', entries }),
  })
  // While the file is loaded, the main thread has shown what it writes.
  let isLoaded = false
  const written: Written = (level, text) => {
    if (isLoaded) log.write(level, text)
  }
  captureStreams(written)
  const { scenarios, feeders: made, metrics } = await loadScenarios(file, scenario.options)
  captureConsole(written)
  isLoaded = true
  const watch = isWatched ? new Watch(file, secrets, (step) => tell({ type: 'watched', step })) : null
  countStrayErrors(file, recorder, secrets, watch, clock.nowUs)
  metrics.record = (kind, name, value) => recorder.custom(kind, name, value, clock.nowUs())
  const given = data.map((json) => (json === null ? undefined : frozen(JSON.parse(json) as unknown)))
  for (const one of given) secrets.addFields(one)
  const keepsCookies = planned.some((scenario) => scenario.keepsCookies)
  return {
    scenarios,
    feeds: feedsOf(made, scenario.feeders, feeders, share, plan.seed),
    data: given,
    log,
    newCookies: keepsCookies ? await newCookies((why) => recorder.cookieLost(why, clock.nowUs())) : null,
    watch,
    stopRun: onceStopped((reason) => tell({ type: 'stopRun', reason })),
    deserted,
    makerOf: scriptedUsers,
  }
}

/** Passes on the first call only: users without a wait would make thousands before the load ends. */
function onceStopped(stopRun: (reason: string | null) => void): (reason: string | null) => void {
  let hasStopped = false
  return (reason) => {
    if (!hasStopped) stopRun(reason)
    hasStopped = true
  }
}

/** Makes the cookies of a user; loading what knows them takes 60 ms. */
async function newCookies(lost: CookieLost): Promise<() => Cookies> {
  const { newJar } = await import('./jar.ts')
  return () => newJar(lost)
}
