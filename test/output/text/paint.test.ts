import { describe, expect, test } from 'vitest'
import { bar, clip, flow, pad, printable, renderLine, widthOf } from '../../../src/output/text/paint.ts'
import { renderTable, type Column } from '../../../src/output/text/text-table.ts'

const plain = (width: number) => ({ color: false, width })

describe('a line', () => {
  test('is cut off where it would not fit, and only there', () => {
    expect(renderLine(['users ', ['550', 'bold']], plain(9))).toBe('users 550')
    expect(renderLine(['users ', ['550', 'bold']], plain(8))).toBe('users 5…')
    expect(renderLine(['users ', ['550', 'bold'], ''], plain(9))).toBe('users 550')
    expect(renderLine(['users ', '550', '!'], plain(9))).toBe('users 55…')
    expect(renderLine(['users'], plain(1))).toBe('…')
    expect(renderLine(['users'], plain(0))).toBe('')
    expect(renderLine(['users'], plain(Infinity))).toBe('users')
  })

  test('has colours only if they are switched on', () => {
    expect(renderLine([['550', 'red', 'bold'], ' users'], { color: true, width: 80 })).toBe(
      '\u001b[1m\u001b[31m550\u001b[39m\u001b[22m users',
    )
    expect(renderLine([['550', 'red', 'bold'], ' users'], plain(80))).toBe('550 users')
  })

  test('never passes on what steers a terminal', () => {
    const evil = 'a\u001b[31mb\u0007c\r\nd\u009b2Je\u007ff\tg'
    const shown = renderLine([evil], { color: true, width: 80 })

    expect(shown).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/)
    expect(shown).toBe('a�[31mb�c��d�2Je�f�g')
    expect(printable('世界 – é 🎉')).toBe('世界 – é 🎉')
    // A command to a runner of GitHub Actions.
    expect(printable('a ##[error]b')).toBe('a #�[error]b')
  })

  test.for([1, 2, 3, 4, 5, 6, 7, 8, 20])('is never wider than %i columns, whatever is in it', (width) => {
    for (const text of [
      'GetPrograms',
      '世界世界世界',
      '🎉🎉🎉',
      'e\u0301e\u0301e\u0301e\u0301',
      '\u001b[31mred',
    ])
      for (const line of [renderLine([text, [text, 'red']], plain(width)), clip(printable(text), width)])
        expect(widthOf(line)).toBeLessThanOrEqual(width)
  })
})

test('padding counts columns, not characters', () => {
  expect([pad('世界', 6, 'left'), pad('世界', 6, 'right'), pad('toolong', 3, 'left')]).toEqual([
    '世界  ',
    '  世界',
    'toolong',
  ])
})

test('a bar has the given width, in eighths', () => {
  expect([0, 0.5, 1, 1 / 16, 0.99, -1, 2].map((share) => bar(share, 4))).toEqual([
    '····',
    '██··',
    '████',
    '▎···',
    '████',
    '····',
    '████',
  ])
})

test('items flow over as many lines as they need, none of them broken', () => {
  const items = ['p50 1.00 ms', 'p90 2.00 ms', 'p99 30.0 ms'].map((item) => [item])
  const lines = (width: number) => flow('latency   ', items, ' · ', plain(width))
  expect(lines(80)).toEqual(['latency   p50 1.00 ms · p90 2.00 ms · p99 30.0 ms'])
  expect(lines(40)).toEqual(['latency   p50 1.00 ms · p90 2.00 ms', '          p99 30.0 ms'])
  for (const width of [1, 5, 20, 22, 40, 80])
    for (const line of lines(width)) expect(widthOf(line)).toBeLessThanOrEqual(width)
})

describe('a table', () => {
  interface Row {
    readonly name: string
    readonly n: number
  }
  const columns: Column<Row>[] = [
    { title: 'name', align: 'left', cell: ({ name }) => name },
    { title: 'n', cell: ({ n }) => String(n), paint: ({ n }) => (n > 99 ? 'red' : null) },
    { title: 'thrice', rank: 1, cell: ({ n }) => String(3 * n) },
    { title: 'squared', rank: 2, cell: ({ n }) => String(n * n) },
  ]
  const rows: Row[] = [
    { name: 'GetPrograms', n: 7 },
    { name: '节目单 世界', n: 1234 },
    { name: 'evil\u001b[2J\u0007name', n: 12 },
  ]

  test('80, 24 and 16 columns wide: the least important columns go first, then the first is clipped', () => {
    const at = (width: number) => `\n${renderTable(columns, rows, plain(width)).join('\n')}\n`
    expect(at(80)).toMatchInlineSnapshot(`
      "
      name              n  thrice  squared
      GetPrograms       7      21       49
      节目单 世界    1234    3702  1522756
      evil�[2J�name    12      36      144
      "
    `)
    expect(at(24)).toMatchInlineSnapshot(`
      "
      name              n
      GetPrograms       7
      节目单 世界    1234
      evil�[2J�name    12
      "
    `)
    expect(at(16)).toMatchInlineSnapshot(`
      "
      name           n
      GetProgra…     7
      节目单 世…  1234
      evil�[2J�…    12
      "
    `)
  })

  test.for([8, 12, 16, 20, 30, 80])(
    'stays aligned with wide and with control characters at %i columns',
    (width) => {
      const [, ...lines] = renderTable(columns, rows, plain(width))
      const widths = lines.map(widthOf)
      expect(new Set(widths).size).toBe(1)
      expect(widths[0]).toBeLessThanOrEqual(width)

      for (const line of lines) expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/)
    },
  )

  test('colours add no columns', () => {
    const painted = renderTable(columns, rows, { color: true, width: 30 })
    const bare = renderTable(columns, rows, plain(30))

    expect(painted.map((line) => line.replace(/\u001b\[\d+m/g, '').trimEnd())).toEqual(bare)
    expect(painted[2]).toContain('\u001b[31m')
  })
})
