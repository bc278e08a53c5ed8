import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { validateXML } from 'xmllint-wasm'
import type { Report } from '../../../src/core/report/report.ts'
import { escapeXml, renderJunit } from '../../../src/output/file/junit.ts'
import { planOf, reportOf, type Second } from '../../support/reports.ts'

const XSD = readFileSync(new URL('../../fixtures/junit.xsd', import.meta.url), 'utf8')
const problemsOf = async (xml: string): Promise<string[]> =>
  (
    await validateXML({
      xml: { fileName: 'run.xml', contents: xml },
      schema: { fileName: 'junit.xsd', contents: XSD },
    })
  ).errors.map(({ message }) => message)

const THRESHOLDS = ['p50 < 50ms', 'p50 < 5ms', 'max < 5ms warn', 'tls.p50 < 1s']
const run = (seconds: Second[], facts = {}): Report =>
  reportOf(planOf({ workers: 1, thresholds: THRESHOLDS, name: 'a "<b>" & c' }), seconds, facts)
const RUN: Second[] = [{ ok: { 'a "<b>" & c': [10, 20, 30] } }, { second: 1 }]
/** The test cases without their texts. */
const outline = (xml: string): string[] =>
  [...xml.matchAll(/<testcase [^>]*? name="([^"]*)"[^>]*>\s*<(\w[\w-]*)(?: type="([\w-]+)")?/g)].map(
    ([, name, element, type]) => `${name}: ${element}${type === undefined ? '' : ` ${type}`}`,
  )
/** A worker that died makes a run void. */
const VOID = { lostWorkers: [{ worker: 0, second: 2, message: 'died' }] }

test('a failed threshold is a failure, no data an error, a warning passes; the schema holds', async () => {
  const xml = renderJunit(run(RUN))
  expect(outline(xml)).toEqual([
    'measurement: the run is not void: system-out',
    'succeeded &#62; 0: system-out',
    'failed &#60; 1%: system-out',
    'p50 &#60; 50ms: system-out',
    'p50 &#60; 5ms: failure threshold',
    'max &#60; 5ms warn: system-out',
    'tls.p50 &#60; 1s: error no-data',
  ])
  expect(xml).toContain('tests="7" failures="1" errors="1" skipped="0"')
  expect(xml).toContain('<failure type="threshold" message="measured 20.0 ms on 3 samples">')
  expect(await problemsOf(xml)).toEqual([])
})

test('a void run is an error, and says nothing of the thresholds', async () => {
  const xml = renderJunit(run(RUN, VOID))
  expect(outline(xml)[0]).toBe('measurement: the run is not void: error void')
  expect(outline(xml).slice(1)).toEqual(
    outline(xml)
      .slice(1)
      .filter((line) => line.endsWith(': skipped')),
  )
  expect(xml).toContain('tests="7" failures="0" errors="1" skipped="6"')
  expect(await problemsOf(xml)).toEqual([])
})

test('whatever the server said, it stays XML', async () => {
  const evil = ']]></system-out><x a="1">&amp;\u0000\u0001\u001b[31m\ud800 \uffff "\'世界'
  const xml = renderJunit(run([{ failures: [['a "<b>" & c', 'status', evil, 3]] }, { second: 1 }]))
  expect(await problemsOf(xml)).toEqual([])
  expect(xml).not.toContain('<x a=')
  expect(xml).not.toMatch(/[\u0000-\u0008\u001b]/)
  expect(escapeXml('a<b>"c"&\'d\'')).toBe('a&#60;b&#62;&#34;c&#34;&#38;&#39;d&#39;')
})

test('the schema can tell: what is not JUnit is refused', async () => {
  const xml = renderJunit(run(RUN)).replace('<failure type="threshold"', '<failure')
  expect(await problemsOf(xml)).not.toEqual([])
})
