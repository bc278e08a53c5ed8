/** The words of a curl command, sorted by the options that they set; one group of operations for each `--next`. */
import { nearest } from '../../core/suggest.ts'
import { importError, type Source } from '../source.ts'
import { longNames, longOption, shortOption, type CurlEffect, type CurlOption } from './curl-options.ts'

/** One word or option of a command, in its order. */
export interface CurlStep {
  readonly effect: CurlEffect
  /** How it is written, for messages. */
  readonly written: string
  readonly value: string
  /** `--no-NAME` of a switch. */
  readonly isOff: boolean
}

export interface CurlArguments {
  readonly groups: readonly (readonly CurlStep[])[]
  /** Options that have no meaning for a load, as they are written. */
  readonly leftOut: readonly string[]
}

/** Sorts the words after `curl`; throws a CorerushError for an option that is unknown, incomplete or cannot be imported. */
export function sortArguments(source: Source, line: number, words: readonly string[]): CurlArguments {
  const groups: CurlStep[][] = [[]]
  const leftOut: string[] = []
  const wrong = (message: string): never => {
    throw importError(source, line, message)
  }
  const add = (option: CurlOption, written: string, value: string, isOff = false): void => {
    if (option.refusal !== null && !isOff) wrong(`curl's ${written} cannot be imported: ${option.refusal}`)
    if (option.effect === 'next') groups.push([])
    else if (option.effect !== null) groups.at(-1)!.push({ effect: option.effect, written, value, isOff })
    else leftOut.push(option.takesValue ? `${written} ${value}` : written)
  }
  let areOptionsOver = false
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    const valueOf = (written: string): string =>
      i + 1 < words.length ? words[++i]! : wrong(`curl's ${written} needs a value`)
    if (areOptionsOver || word === '-' || !word.startsWith('-'))
      groups.at(-1)!.push({ effect: 'url', written: 'URL', value: word, isOff: false })
    else if (word === '--') areOptionsOver = true
    else if (word.startsWith('--')) {
      const name = word.slice(2)
      const off = name.startsWith('no-') && longOption(name) === null ? longOption(name.slice(3)) : null
      const option = off ?? longOption(name)
      if (option === null) wrong(`${word} is not an option of curl${hint(name)}`)
      else add(option, word, option.takesValue && off === null ? valueOf(word) : '', off !== null)
    } else
      for (let k = 1; k < word.length; k++) {
        const option = shortOption(word[k]!)
        const written = `-${word[k]!}`
        if (option === null) wrong(`${written} is not an option of curl`)
        else if (!option.takesValue) add(option, written, '')
        else {
          // The rest of the word is the value, or else the next word.
          const rest = word.slice(k + 1)
          add(option, written, rest === '' ? valueOf(written) : rest)
          break
        }
      }
  }
  return { groups: groups.filter((group) => group.length > 0), leftOut }
}

function hint(name: string): string {
  const near = nearest(name, longNames())
  return near === null ? '' : `; did you mean --${near}?`
}
