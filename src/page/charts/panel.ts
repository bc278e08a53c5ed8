/**
 * A chart on the page: title, legend with the values at the cursor, picture, and the same data as a table. To keyboard and
 * screen reader the picture is a slider: arrow keys move the cursor, and its value text is the reading.
 */
import { element } from '../parts/element.ts'
import type { Key, Plot } from './plot.ts'
import { onTheme } from '../parts/theme.ts'
import { uPlot } from './uplot.ts'

/** The width of a printed page in CSS pixels. */
const PAPER_WIDTH = 660

const SVG = 'http://www.w3.org/2000/svg'

export class Panel {
  readonly root: HTMLElement
  readonly #title = element('h3')
  readonly #note = element('p', { class: 'note' })
  readonly #legend = element('ul', { class: 'legend' })
  readonly #where = element('output', { class: 'where' })
  readonly #picture = element('div', { class: 'plot', role: 'slider', tabindex: '0' })
  readonly #table = element('details', { class: 'behind' }, element('summary', {}, 'As a table'))
  readonly #sizes = new ResizeObserver(() => this.#resize(this.#picture.clientWidth))
  readonly #endTheme: () => void
  #plot: Plot
  #chart: uPlot | null = null
  #values: HTMLElement[] = []
  #width = 0

  constructor(plot: Plot) {
    this.#plot = plot
    this.root = element(
      'figure',
      { class: 'panel', id: `chart-${plot.id}` },
      element('figcaption', {}, this.#title, this.#where),
      this.#note,
      this.#legend,
      this.#picture,
      this.#table,
    )
    this.#picture.addEventListener('keydown', (event) => this.#move(event))
    this.#picture.addEventListener('blur', () => this.#point(null))
    this.#table.addEventListener('toggle', () => this.#fillTable())
    this.#endTheme = onTheme(() => this.#repaint())
    this.#sizes.observe(this.#picture)
    this.show(plot)
  }

  /** Releases the chart and its listeners. */
  destroy(): void {
    this.#endTheme()
    this.#sizes.disconnect()
    this.#chart?.destroy()
    this.#chart = null
  }

  /** Shows another plot in the same place. */
  show(plot: Plot): void {
    this.#plot = plot
    this.#title.textContent = plot.title
    this.#note.textContent = plot.note
    this.#picture.setAttribute('aria-label', plot.title)
    this.#values = plot.keys.map(() => element('output'))
    this.#legend.replaceChildren(...plot.keys.map((key, i) => this.#key(key, i)))
    this.#draw()
    this.#read(null)
    this.#fillTable()
  }

  /** Shows newer data of the same plot; cursor, zoom and hidden lines stay. */
  update(plot: Plot): void {
    const widthsOf = ({ options }: Plot): string => options.series.map(({ width }) => width).join()
    const isAlike =
      this.#plot.data[0].length > 0 &&
      this.#plot.height === plot.height &&
      widthsOf(this.#plot) === widthsOf(plot) &&
      plot.keys.length === this.#plot.keys.length &&
      plot.keys.every(({ label, kind }, i) => kind !== 'line' || label === this.#plot.keys[i]!.label)
    if (!isAlike) {
      this.show(plot)
      return
    }
    const [xs, chart] = [this.#plot.data[0], this.#chart]
    this.#plot = plot
    this.#note.textContent = plot.note
    for (const [i, { label, kind }] of plot.keys.entries())
      if (kind !== 'line') this.#legend.children[i]!.querySelector('span:not(.ramp)')!.textContent = label
    if (chart !== null) {
      const { min = 0, max = 0 } = chart.scales['x']!
      const isZoomed = min > xs[0]! || max < xs.at(-1)!
      chart.setData(plot.data, !isZoomed)
      if (isZoomed) chart.setScale('x', { min, max })
      this.#read(chart.cursor.idx ?? null)
    }
    // A table that has the focus is not replaced.
    if (!this.#table.contains(document.activeElement) || document.activeElement?.tagName === 'SUMMARY')
      this.#fillTable()
  }

  #draw(): void {
    this.#chart?.destroy()
    this.#chart = null
    if (this.#width === 0) return
    const { data, height } = this.#plot
    this.#chart = new uPlot(
      { ...this.#options(), width: this.#width, height, legend: { show: false } },
      data,
      this.#picture,
    )
  }

  /** Options whose hooks and ranges read the current plot, which `update` may have replaced. */
  #options(): Plot['options'] {
    const { options } = this.#plot
    const paint =
      (hook: 'drawClear' | 'draw') =>
      (u: uPlot): void => {
        for (const one of this.#plot.options.hooks?.[hook] ?? []) one?.(u)
      }
    const scale = (key: 'x' | 'y'): uPlot.Scale => ({
      ...options.scales![key]!,
      range: (u, min, max) => {
        const { range } = this.#plot.options.scales![key]!
        return typeof range === 'function' ? range(u, min, max, key) : (range as uPlot.Range.MinMax)
      },
    })
    return {
      ...options,
      scales: { x: scale('x'), y: scale('y') },
      hooks: {
        drawClear: [paint('drawClear')],
        draw: [paint('draw')],
        setCursor: [(u) => this.#read(u.cursor.idx ?? null)],
      },
    }
  }

  #resize(width: number): void {
    if (width === 0 || width === this.#width) return
    this.#width = width
    if (this.#chart === null) this.#draw()
    else this.#chart.setSize({ width, height: this.#plot.height })
  }

  #repaint(): void {
    if (matchMedia('print').matches) this.#resize(PAPER_WIDTH)
    else this.#resize(this.#picture.clientWidth)
    this.#chart?.redraw(false)
  }

  #key({ label, kind, color: name = 'ink', dash = [] }: Key, at: number): HTMLElement {
    if (kind !== 'line') {
      const ramp = kind === 'ramp' ? element('span', { class: 'ramp' }) : null
      return element('li', {}, ramp, element('span', {}, label), this.#values[at]!)
    }
    const swatch = document.createElementNS(SVG, 'svg')
    const line = document.createElementNS(SVG, 'line')
    for (const [attribute, value] of Object.entries({ width: '20', height: '8', 'aria-hidden': 'true' }))
      swatch.setAttribute(attribute, value)
    for (const [attribute, value] of Object.entries({ x1: '0', x2: '20', y1: '4', y2: '4' }))
      line.setAttribute(attribute, value)
    line.setAttribute('class', `stroke-${name}`)
    line.setAttribute('stroke-dasharray', dash.join(' '))
    swatch.append(line)
    const button = element('button', { type: 'button', 'aria-pressed': 'true' }, swatch, label)
    button.addEventListener('click', () => {
      const show = button.getAttribute('aria-pressed') !== 'true'
      button.setAttribute('aria-pressed', String(show))
      this.#chart?.setSeries(at + 1, { show })
    })
    return element('li', {}, button, this.#values[at]!)
  }

  /** Shows the reading at the cursor. */
  #read(index: number | null): void {
    const points = this.#plot.data[0].length
    const { where, values } =
      index === null ? { where: '', values: this.#values.map(() => '') } : this.#plot.at(index)
    this.#where.textContent = where
    for (const [i, value] of this.#values.entries()) value.textContent = values[i] ?? ''
    const reading = this.#plot.keys.map(({ label }, i) => `${label} ${values[i] ?? ''}`).join(', ')
    this.#picture.setAttribute('aria-valuemin', '0')
    this.#picture.setAttribute('aria-valuemax', String(Math.max(0, points - 1)))
    this.#picture.setAttribute('aria-valuenow', String(index ?? 0))
    this.#picture.setAttribute(
      'aria-valuetext',
      index === null ? 'use the arrow keys to read the chart' : `${where}: ${reading}`,
    )
  }

  #move(event: KeyboardEvent): void {
    const chart = this.#chart
    const last = this.#plot.data[0].length - 1
    if (chart === null || last < 0) return
    const at = chart.cursor.idx ?? null
    const step = Math.max(1, Math.round(last / 20))
    const to = {
      ArrowRight: at === null ? 0 : at + 1,
      ArrowLeft: at === null ? last : at - 1,
      PageUp: (at ?? 0) + step,
      PageDown: (at ?? last) - step,
      Home: 0,
      End: last,
    }[event.key]
    if (to === undefined) return
    event.preventDefault()
    this.#point(this.#plot.data[0][Math.min(last, Math.max(0, to))]!)
  }

  /** Moves the cursor and those synchronized with it; `null` hides them. */
  #point(x: number | null): void {
    const key = this.#plot.options.cursor?.sync?.key
    const all = key === undefined ? [this.#chart] : uPlot.sync(key).plots
    for (const one of all)
      one?.setCursor({ left: x === null ? -10 : one.valToPos(x, 'x'), top: x === null ? -10 : 1 })
  }

  #fillTable(): void {
    const [summary, ...old] = this.#table.children
    for (const child of old) child.remove()
    if (this.#table.open) summary!.after(this.#plot.table())
  }
}
