/**
 * Rows of a report. Requests of one method and one name are one row, named `METHOD name`: GET and POST of one name are two.
 */
import type { RequestPlan } from './request.ts'

/** Distinct rows; more would take the memory of every second. The rest is one row of this name, whatever its methods. */
export const MOST_ROWS = 500
export const OTHER_REQUESTS = '(other requests)'

/** The row of arrivals that nothing was begun for, where scenarios or targets say what is sent. */
export const NOT_STARTED = '(not started)'

/** What requests that a redirect asks for add to the name of the call. */
const REDIRECT = ' (redirect)'

/** The row of a request. A name that begins with the method is the row itself, as the usual name `GET /path` is. */
export function rowOf({ method, name }: Pick<RequestPlan, 'method' | 'name'>): string {
  if (name === OTHER_REQUESTS || name === NOT_STARTED) return name
  return name.startsWith(`${method} `) ? name : `${method} ${name}`
}

/** Method and name of a row; the method is empty where the row has requests of several. */
export function partsOf(row: string): { readonly method: string; readonly name: string } {
  const space = row.indexOf(' ')
  return space < 1 || row.startsWith('(')
    ? { method: '', name: row }
    : { method: row.slice(0, space), name: row.slice(space + 1) }
}

/** Whether a name means this row: `GET /items` the row of that method, `/items` the rows of all methods. */
export const isOfRow = (row: string, name: string): boolean => row === name || partsOf(row).name === name

/** The name of the requests that a request's redirects ask for: a row beside that of the request itself. */
export function redirectName(request: Pick<RequestPlan, 'method' | 'name'>): string {
  const { method, name } = partsOf(rowOf(request))
  return method === '' || name.endsWith(REDIRECT) ? name : name + REDIRECT
}

/** The name of the call that a name is of, which can be that of its redirects. */
export const callName = (name: string): string =>
  name.endsWith(REDIRECT) ? name.slice(0, -REDIRECT.length) : name
