/** The sets and ranges that curl expands in a URL: `{a,b}`, `[1-20:2]`, `[a-z]`. */

const MOST_URLS = 10_000

/** All URLs, in curl's order: the last one varies fastest. `refuse` throws. */
export function expandGlob(url: string, refuse: (problem: string) => never): string[] {
  let urls = ['']
  for (let at = 0; at < url.length;) {
    const [alternatives, length] = alternativesAt(url, at, refuse)
    urls = urls.flatMap((before) => alternatives.map((one) => before + one))
    if (urls.length > MOST_URLS) refuse(`the sets in the URL make more than ${MOST_URLS} URLs`)
    at += length
  }
  return urls
}

function alternativesAt(
  url: string,
  at: number,
  refuse: (problem: string) => never,
): readonly [alternatives: readonly string[], length: number] {
  const rest = url.slice(at)
  if (/^\\[[\]{}]/.test(rest)) return [[rest[1]!], 2]
  if (rest.startsWith('{')) {
    const end = rest.indexOf('}')
    if (end < 0) refuse('the URL has a { that is not closed; curl takes it as it is with -g')
    if (rest.slice(1, end).includes('{'))
      refuse('the URL has a { within a { }; curl takes both as they are with -g')
    return [rest.slice(1, end).split(','), end + 1]
  }
  if (rest.startsWith('[')) {
    const address = /^\[[\da-f:.%]*:[\da-f:.%]*\]/i.exec(rest)
    if (address !== null) return [[address[0]], address[0].length]
    const range = /^\[(?:(\d+)-(\d+)|([a-z])-([a-z]))(?::(\d+))?\]/i.exec(rest)
    if (range === null) return refuse('the URL has a [ without a range; curl takes it as it is with -g')
    return [rangeOf(range), range[0].length]
  }
  return [[rest[0]!], 1]
}

function rangeOf([, low, high, first, last, by]: RegExpExecArray): string[] {
  const step = Math.max(1, Number(by ?? 1))
  const [from, to] =
    low === undefined ? [first!.charCodeAt(0), last!.charCodeAt(0)] : [Number(low), Number(high)]
  const width = low?.startsWith('0') === true ? low.length : 0
  const found: string[] = []
  for (let n = from; n <= to && found.length <= MOST_URLS; n += step)
    found.push(low === undefined ? String.fromCharCode(n) : String(n).padStart(width, '0'))
  return found
}
