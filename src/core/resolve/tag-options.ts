/** The tasks of the scenario that tags select. */
import { show, type Wrong } from '../options/option-readers.ts'
import type { Options } from '../options/options.ts'
import type { ScriptPlan, TaskPlan } from '../scenario/script-plan.ts'
import { nearest } from '../suggest.ts'

/** The scenarios with the tasks that have one of `tags`, if given, and none of `excludeTags`; without those that have no task left. */
export function tagged(script: ScriptPlan | null, options: Options, wrong: Wrong): ScriptPlan | null {
  const known = script?.scenarios.flatMap(({ tasks }) => tasks.flatMap(({ tags }) => tags)) ?? []
  const only = readTags('tags', options, known, wrong)
  const without = readTags('excludeTags', options, known, wrong)
  if (script === null) {
    for (const option of ['tags', 'excludeTags'] as const)
      if (options[option] !== undefined) wrong(option, 'chooses tasks of a scenario, and there is none')
    return null
  }
  const isChosen = ({ tags }: TaskPlan): boolean =>
    (only === null || only.some((tag) => tags.includes(tag))) &&
    !(without ?? []).some((tag) => tags.includes(tag))
  const scenarios = script.scenarios
    .map((scenario) => ({ ...scenario, tasks: scenario.tasks.filter(isChosen) }))
    .filter(({ tasks }) => tasks.length > 0)
  if (scenarios.length === 0 && script.scenarios.length > 0)
    wrong(only === null ? 'excludeTags' : 'tags', 'must leave a task of the scenario')
  return { ...script, scenarios }
}

function readTags(
  option: 'tags' | 'excludeTags',
  options: Options,
  known: readonly string[],
  wrong: Wrong,
): readonly string[] | null {
  const raw: unknown = options[option]
  if (raw === undefined) return null
  const tags: unknown[] = typeof raw === 'string' ? raw.split(',') : Array.isArray(raw) ? raw : [raw]
  const read: string[] = []
  for (const tag of tags) {
    if (typeof tag !== 'string') wrong(option, `must be tags such as smoke,read, got ${show(raw)}`)
    else if (known.length > 0 && !known.includes(tag.trim())) {
      const near = nearest(tag, known)
      wrong(
        option,
        `must name tags of tasks, got ${show(tag)}${near === null ? '' : `; did you mean ${near}?`}`,
      )
    } else read.push(tag.trim())
  }
  // A wrong tag is reported, and selects nothing.
  return read.length < tags.length ? null : read
}
