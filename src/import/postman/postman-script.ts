/** The scripts of a request: those of the usual forms as statements, others as a mark. */
import { listOf, objectOf, textOf, type Json } from '../json.ts'
import { quote } from '../typescript.ts'
import type { Variables } from './postman-variable.ts'

export interface Script {
  readonly listens: 'prerequest' | 'test'
  readonly text: string
}

/** The scripts of a request, a folder or a collection, without those that do nothing. */
export function scriptsOf(item: Json): Script[] {
  return listOf(objectOf(item)['event']).flatMap((event) => {
    const { listen, script, disabled } = objectOf(event)
    const { exec } = objectOf(script)
    const text = (
      Array.isArray(exec) ? exec.map((line: Json) => textOf(line) ?? '') : [textOf(exec) ?? '']
    ).join('\n')
    const isEmpty = withoutComments(text).trim() === ''
    if (isEmpty || disabled === true || (listen !== 'prerequest' && listen !== 'test')) return []
    return [{ listens: listen, text }]
  })
}

const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?(?:\*\/|$)/g, '').replace(/^[^\S\r\n\u2028\u2029]*\/\/.*$/gm, '')

/** What a script does that has a counterpart. */
export interface TranslatedScript {
  /** The status that it expects; `null` for none. */
  readonly status: number | null
  /** `state.token = …`, of the response that `RESPONSE` stands for. */
  readonly statements: readonly string[]
}

const FUNCTION = String.raw`(?:function\s*\(\s*\)\s*|\(\s*\)\s*=>\s*)\{`
const STATUS = new RegExp(
  String.raw`^(?:pm\.test\(\s*(?:"[^"]*"|'[^']*'|${'`[^`]*`'})\s*,\s*${FUNCTION}\s*)?pm\.(?:response\.to\.have\.status\(\s*(\d{3})\s*\)|expect\(\s*pm\.response\.code\s*\)\.to\.(?:equal|eql|eq)\(\s*(\d{3})\s*\));?\s*(?:\}\s*\)\s*)?`,
)
const JSON_NAME =
  /^(?:const|let|var)\s+(\w+)\s*=\s*(?:pm\.response\.json\(\s*\)|JSON\.parse\(\s*responseBody\s*\))\s*/
const SET =
  /^(?:pm\.(?:environment|collectionVariables|globals|variables)\.set|postman\.set(?:Environment|Global)Variable)\(\s*["'](\w[\w.-]*)["']\s*,\s*(?:(\w+)|pm\.response\.json\(\s*\))((?:(?:\?\.|\.)\w+|\[(?:\d+|"[^"]+"|'[^']+')\])+)\s*\)\s*/

/** The script as statements; `null` if any of it is of another form. */
export function translated(text: string, variables: Variables): TranslatedScript | null {
  let rest = withoutComments(text).trim()
  const names = new Set<string>()
  const statements: string[] = []
  let status: number | null = null
  while (rest !== '') {
    const found = STATUS.exec(rest) ?? JSON_NAME.exec(rest) ?? SET.exec(rest)
    if (found === null) return null
    const [whole, first, second, path] = found
    if (STATUS.test(rest)) {
      if (/^pm\.test/.test(whole) !== /\}\s*\)\s*$/.test(whole)) return null
      status = Number(first ?? second)
    } else if (JSON_NAME.test(rest)) names.add(first!)
    else {
      if (second !== undefined && !names.has(second)) return null
      const name = variables.set(first!)
      variables.uses.add('found').add('state')
      statements.push(
        `state.${name} = String(found((RESPONSE.json() as any)${optional(path!)}, ${quote(`${first!} in the response`)}))`,
      )
    }
    rest = rest.slice(whole.length).replace(/^[\s;]+/, '')
  }
  return { status, statements }
}

/** `.a[0]` as `?.a?.[0]`. */
const optional = (path: string): string =>
  path.replaceAll('?.', '.').replaceAll('.', '?.').replaceAll('[', '?.[')
