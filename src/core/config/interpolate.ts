/** `${NAME}` and `${NAME:-default}` in the texts of a config file become what the environment says; `$${` is `${`. */

export interface Interpolated {
  readonly text: string
  /** The values that came from the environment. */
  readonly values: readonly string[]
  /** What is wrong with it; `null` if nothing is. */
  readonly problem: string | null
}

const MARK = /\$\$\{|\$\{([^{}]*)\}|\$\{/g

export function interpolate(
  template: string,
  environment: Readonly<Record<string, string | undefined>>,
): Interpolated {
  const values: string[] = []
  const problems: string[] = []
  const text = template.replace(MARK, (mark: string, inside: string | undefined) => {
    if (mark === '$${') return '${'
    const [, name, fallback] = /^([A-Za-z_]\w*)(?::-(.*))?$/s.exec(inside ?? '') ?? []
    if (name === undefined) {
      problems.push(`has ${mark}, which names no variable: write $\${ for the two characters themselves`)
      return ''
    }
    const value = environment[name] ?? ''
    if (value !== '') {
      values.push(value)
      return value
    }
    // One that is there and empty is mostly a secret that this job has no right to.
    if (fallback === undefined)
      problems.push(
        `needs the environment variable ${name}, which is not set or empty: \${${name}:-} allows that`,
      )
    return fallback ?? ''
  })
  return { text, values, problem: problems.length === 0 ? null : problems.join('; ') }
}
