/** Light and dark theme: the system's setting, unless the reader chooses one. */
import { element } from './element.ts'

const THEMES = ['auto', 'light', 'dark'] as const

/** Names of colours in the style sheet. */
export type Color =
  | 'ink'
  | 'dim'
  | 'grid'
  | 'panel'
  | 'blue'
  | 'sky'
  | 'green'
  | 'orange'
  | 'purple'
  | 'grey'
  | 'red'
  | 'blame'
  | 'mark'
  | 'heat-0'
  | 'heat-1'
  | 'heat-2'
  | 'heat-3'

const listeners = new Set<() => void>()
const known = new Map<Color, string>()
let probe: HTMLElement | null = null

/** Calls `listener` when the colours change, because a canvas must be repainted. Returns a function that removes the listener. */
export function onTheme(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function changed(): void {
  known.clear()
  for (const listener of listeners) listener()
}

/** A colour of the style sheet as a CSS value for a canvas. */
export function color(name: Color): string {
  let value = known.get(name)
  if (value === undefined) {
    if (probe === null) document.body.append((probe = element('span', { hidden: '' })))
    probe.style.color = `var(--${name})`
    known.set(name, (value = getComputedStyle(probe).color))
  }
  return value
}

/** Repaints charts when the system's theme changes, and before and after printing, which is always light. */
export function watchTheme(): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed)
  matchMedia('print').addEventListener('change', changed)
}

export function themeSwitch(): HTMLElement {
  const choices = THEMES.map((theme) => {
    const input = element('input', { type: 'radio', name: 'theme', value: theme })
    input.checked = theme === 'auto'
    input.addEventListener('change', () => {
      if (theme === 'auto') delete document.documentElement.dataset['theme']
      else document.documentElement.dataset['theme'] = theme
      changed()
    })
    return element('label', {}, input, element('span', {}, theme))
  })
  return element('fieldset', { class: 'switch' }, element('legend', {}, 'Colours'), ...choices)
}
