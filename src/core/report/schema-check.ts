/**
 * Checks a value against a JSON Schema, as much of it as the schemas of this package use. Properties that the schema
 * does not name are allowed: a later version may have written them.
 */

export interface JsonSchema {
  readonly $ref?: string
  readonly definitions?: Readonly<Record<string, JsonSchema>>
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: boolean | JsonSchema
  readonly required?: readonly string[]
  readonly items?: JsonSchema | readonly JsonSchema[]
  readonly minItems?: number
  readonly maxItems?: number
}

/** The first place where the value breaks the schema, such as `timeline[3].sent: must be number`; `null` if it is valid. */
export const schemaFault = (value: unknown, schema: JsonSchema): string | null =>
  faultAt(value, schema, '', schema.definitions ?? {})

type Definitions = Readonly<Record<string, JsonSchema>>

function faultAt(value: unknown, schema: JsonSchema, path: string, definitions: Definitions): string | null {
  const { $ref, anyOf } = schema
  if ($ref !== undefined)
    return faultAt(
      value,
      definitions[decodeURIComponent($ref.slice('#/definitions/'.length))]!,
      path,
      definitions,
    )
  if (anyOf !== undefined) {
    const faults = anyOf.map((one) => faultAt(value, one, path, definitions))
    if (faults.includes(null)) return null
    // The deepest one is of the alternative that was meant.
    return faults.reduce((a, b) => (b!.length > a!.length ? b : a))
  }
  return (
    ownFault(value, schema, path) ??
    itemsFault(value, schema, path, definitions) ??
    fieldsFault(value, schema, path, definitions)
  )
}

const place = (path: string): string => (path === '' ? 'it' : path)

function ownFault(value: unknown, schema: JsonSchema, path: string): string | null {
  const { type } = schema
  if (schema.const !== undefined && value !== schema.const)
    return `${place(path)}: must be ${JSON.stringify(schema.const)}`
  if (schema.enum !== undefined && !schema.enum.includes(value))
    return `${place(path)}: must be one of ${schema.enum.map((one) => JSON.stringify(one)).join(', ')}`
  if (type === undefined) return null
  const types = typeof type === 'string' ? [type] : type
  return types.some((one) => isOf(value, one)) ? null : `${place(path)}: must be ${types.join(' or ')}`
}

function isOf(value: unknown, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null
    case 'array':
      return Array.isArray(value)
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'integer':
      return Number.isInteger(value)
    case 'number':
      // JSON has no infinity, but 1e999 is read as one.
      return Number.isFinite(value)
    default:
      return typeof value === type
  }
}

function itemsFault(
  value: unknown,
  schema: JsonSchema,
  path: string,
  definitions: Definitions,
): string | null {
  if (!Array.isArray(value)) return null
  const { items, minItems = 0, maxItems = Infinity } = schema
  if (value.length < minItems || value.length > maxItems)
    return `${place(path)}: must have ${minItems === maxItems ? minItems : `${minItems} to ${maxItems}`} items`
  if (items === undefined) return null
  for (const [i, item] of value.entries()) {
    const one = Array.isArray(items) ? (items as readonly JsonSchema[])[i] : (items as JsonSchema)
    const fault = one === undefined ? null : faultAt(item, one, `${path}[${i}]`, definitions)
    if (fault !== null) return fault
  }
  return null
}

function fieldsFault(
  value: unknown,
  schema: JsonSchema,
  path: string,
  definitions: Definitions,
): string | null {
  if (!isOf(value, 'object')) return null
  const record = value as Readonly<Record<string, unknown>>
  const { properties = {}, additionalProperties, required = [] } = schema
  for (const key of required) if (!Object.hasOwn(record, key)) return `${place(path)}: lacks ${key}`
  const other = typeof additionalProperties === 'object' ? additionalProperties : null
  for (const [key, field] of Object.entries(record)) {
    const one = Object.hasOwn(properties, key) ? properties[key]! : other
    const fault = one === null ? null : faultAt(field, one, path === '' ? key : `${path}.${key}`, definitions)
    if (fault !== null) return fault
  }
  return null
}
