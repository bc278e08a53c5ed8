/**
 * `corerush/python`: what Python does otherwise than JavaScript, for scenarios that `corerush import` made of a locustfile.
 * `import * as py from 'corerush/python'`.
 */
export { error, isError, notTranslated, NotTranslated, PythonError, raise } from './python/python-error.ts'
export {
  and,
  dict,
  equal,
  floatText,
  isInstance,
  len,
  list,
  or,
  repr,
  str,
  truthy,
  typeName,
  type Dict,
} from './python/value.ts'
export {
  attribute,
  contains,
  count,
  deleteItem,
  get,
  index,
  item,
  items,
  keys,
  pop,
  remove,
  setDefault,
  setItem,
  slice,
  unpack,
  update,
  values,
} from './python/item.ts'
export {
  add,
  compare,
  div,
  enumerate,
  float,
  floorDiv,
  int,
  max,
  merged,
  min,
  mod,
  mul,
  range,
  round,
  sorted,
  sub,
  sum,
  zip,
} from './python/number.ts'
export {
  bool,
  capitalize,
  dumps,
  format,
  formatText,
  join,
  lstrip,
  partition,
  percent,
  replace,
  rsplit,
  rstrip,
  split,
  splitLines,
  strip,
  title,
  zfill,
} from './python/text.ts'
export {
  ASCII_LETTERS,
  ASCII_LOWERCASE,
  ASCII_UPPERCASE,
  choice,
  choices,
  DIGITS,
  expovariate,
  gauss,
  HEXDIGITS,
  PUNCTUATION,
  randint,
  randrange,
  sample,
  shuffle,
  uniform,
} from './python/chance.ts'
export { date, datetime, datetimeNow, dateToday, fromTimestamp, timedelta } from './python/date.ts'
export { fake } from './python/fake.ts'
export { counting, cycle, deque, iterator, next, popleft, stages } from './python/iteration.ts'
export {
  findall,
  finditer,
  fullmatch,
  group,
  groups,
  match,
  pattern,
  search,
  substitute,
} from './python/pattern.ts'
export { csvLines, csvRows } from './python/csv.ts'
export { basicAuth, behindSlash, data, fields, headers, multipart } from './python/request.ts'
