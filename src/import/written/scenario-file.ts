/** A scenario file as text, with the functions that its tasks use. */
import { quote } from '../typescript.ts'

export interface ScenarioFile {
  /** Names that the tasks use of the file's own functions and of modules. */
  readonly uses: ReadonlySet<string>
  /** The first comment. */
  readonly title: string
  /** Statements before the scenario. */
  readonly declarations: readonly string[]
  /** Fields of the scenario. */
  readonly fields: readonly string[]
}

const MODULES: readonly (readonly [module: string, names: readonly string[]])[] = [
  ['node:crypto', ['randomUUID']],
  ['node:fs', ['readFileSync']],
  ['corerush', ['check', 'options', 'scenario']],
  ['corerush/python', ['notTranslated']],
]

const FUNCTIONS: Readonly<Record<string, string>> = {
  secret: `/** A secret, which is not in this file. */
function secret(name: string): string {
  const value = process.env[name]
  if (value === undefined) throw new Error(\`set the variable \${name} in the environment\`)
  return value
}`,
  found: `/** A value that further requests send. Without it the task ends, as they would be other requests. */
function found<T>(value: T | null | undefined, what: string): T {
  check(value !== undefined && value !== null, \`no \${what}\`)
  return value
}`,
  given: `/** The value of an option; one without a value has to be set. */
function given(name: string, value: string): string {
  if (value === '') throw new Error(\`set the option \${name}: --set \${name}=VALUE\`)
  return value
}`,
  unescaped: `/** Text as it stands in an attribute of HTML, without the escapes of HTML. */
const unescaped = (text: string): string =>
  text
    .replace(/&#x([\\da-f]+);/gi, (_, code: string) => String.fromCodePoint(parseInt(code, 16)))
    .replace(/&#(\\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&')`,
}

/** The names that each of the file's functions uses itself. */
const NEEDS: Readonly<Record<string, readonly string[]>> = { found: ['check'] }

export function scenarioText({ uses, title, declarations, fields }: ScenarioFile): string {
  const all = new Set(['scenario', ...uses, ...[...uses].flatMap((name) => NEEDS[name] ?? [])])
  const imports = MODULES.flatMap(([module, names]) => {
    const taken = names.filter((name) => all.has(name))
    return taken.length === 0 ? [] : [`import { ${taken.join(', ')} } from ${quote(module)}`]
  })
  const functions = Object.entries(FUNCTIONS).flatMap(([name, text]) => (all.has(name) ? [text] : []))
  return [
    ...imports,
    '',
    `/** ${comment(title)} */`,
    '',
    ...functions.flatMap((text) => [text, '']),
    ...declarations,
    '',
    `export default scenario({`,
    ...fields.map((field) => `${field},`),
    '})',
    '',
  ].join('\n')
}

/** A text on one line that ends no comment. */
export const comment = (text: string): string => text.replace(/\s+/g, ' ').replaceAll('*/', '* /').trim()
