/** A search for CI systems: JUnit XML with a test case per goal, and a job summary for GitHub Actions. Pure. */
import type { FindReport } from '../../core/find/find-report.ts'
import { showLoad, type FindAnswer } from '../../core/find/answer.ts'
import { subjectOf } from '../../core/scenario/script-plan.ts'
import { renderFind } from '../text/find-text.ts'
import { escapeXml } from './junit.ts'

const PLAIN = { color: false, width: 110 }

export function renderFindJunit(report: FindReport): string {
  const { answers, comparison, durationS, startedAt } = report
  const suite = `corerush find ${subjectOf(report.plan)}`
  const cases = answers.map((answer) => {
    const isRegressed =
      comparison?.answers.some(
        ({ goal, answer: compared }) => goal === answer.goal && compared === 'regressed',
      ) === true
    const name = `<testcase classname="${escapeXml(suite)}" name="${escapeXml(answer.goal)}" time="0.000"`
    if (answer.lower === null && answer.limitedBy !== 'target')
      return { kind: 'errors', text: `${name}><error message="${escapeXml(found(answer))}"/></testcase>` }
    if (answer.lower === null || isRegressed)
      return { kind: 'failures', text: `${name}><failure message="${escapeXml(found(answer))}"/></testcase>` }
    return { kind: 'passed', text: `${name}><system-out>${escapeXml(found(answer))}</system-out></testcase>` }
  })
  const count = (kind: string): number => cases.filter((one) => one.kind === kind).length
  const counts = `tests="${cases.length}" failures="${count('failures')}" errors="${count('errors')}" skipped="0" time="${durationS.toFixed(3)}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="corerush" ${counts}>`,
    `  <testsuite name="${escapeXml(suite)}" ${counts} timestamp="${escapeXml(startedAt.replace(/\.\d+Z$/, ''))}">`,
    ...cases.map(({ text }) => `    ${text}`),
    `    <system-out>${escapeXml(renderFind(report, PLAIN))}</system-out>`,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

export const renderFindGithub = (report: FindReport): string =>
  [
    `### corerush find: ${cell(subjectOf(report.plan))}`,
    '',
    '| goal | held | not held | limited by |',
    '|---|---|---|---|',
    ...report.answers.map(
      ({ goal, lower, upper, limitedBy }) =>
        `| ${cell(goal)} | ${lower === null ? 'none' : showLoad(lower)} | ${upper === null ? '–' : showLoad(upper)} | ${limitedBy} |`,
    ),
    '',
    '',
  ].join('\n')

/** Escapes text for a cell of a Markdown table. */
const cell = (text: string): string => text.replace(/[|<>\\`]/g, (character) => `\\${character}`)

function found({ lower, upper, reason }: FindAnswer): string {
  const held = lower === null ? 'no load was held' : `${showLoad(lower)} held`
  return upper === null ? held : `${held}, ${showLoad(upper)} not: ${reason}`
}
