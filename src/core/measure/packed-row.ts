/**
 * Seconds of a long run in little memory: all but the counts of a row is kept as bytes, and read when it is asked for. To
 * its readers a packed row is a row like any other; a copy of it has its values.
 */
import type { SecondRow } from './second.ts'
import type { Plain, ValueStore } from './value-store.ts'

/** Fields that are kept as bytes; those that are read most come first. */
const PACKED = [
  'workers',
  'workersSummary',
  'agents',
  'host',
  'target',
  'lagMs',
  'latencyMs',
  'serviceMs',
  'failedMs',
  'phasesMs',
  'statuses',
  'iterations',
  'witness',
  'histogram',
  'custom',
  'transactions',
] as const satisfies readonly (keyof SecondRow)[]
type PackedField = (typeof PACKED)[number]

const SEEN = { enumerable: true, configurable: true }

class PackedRow {
  readonly #store: ValueStore
  readonly #place: number

  constructor(row: SecondRow, store: ValueStore, place: number) {
    this.#store = store
    this.#place = place
    // Own properties, in the order of the row: copies and JSON have them, too.
    for (const key of Object.keys(row) as (keyof SecondRow)[]) {
      const property = PackedRow.#properties.get(key) ?? { value: row[key], writable: true, ...SEEN }
      Object.defineProperty(this, key, property)
    }
  }

  /** The same row with other names. */
  static withNames(row: SecondRow, byName: SecondRow['byName'], byNameS: number): SecondRow {
    if (!(row instanceof PackedRow)) return { ...row, byName, byNameS }
    const copy = new PackedRow(row, row.#store, row.#place)
    return Object.assign(copy, { byName, byNameS }) as unknown as SecondRow
  }

  /** One function for each field, so that all rows share them. */
  static readonly #properties = new Map<string, PropertyDescriptor>(
    PACKED.map((field, index) => {
      const get = function (this: PackedRow): Plain {
        return this.#store.read(this.#place, index)
      }
      return [field, { get, ...SEEN }]
    }),
  )
}

/** Packs a row, which must not change any more but for its names. */
export function packRow(row: SecondRow, store: ValueStore): SecondRow {
  const place = store.write(PACKED.map((field: PackedField) => (row[field] ?? null) as unknown as Plain))
  return new PackedRow(row, store, place) as unknown as SecondRow
}

/** The same row with other names, packed or not. */
export const withNames = (row: SecondRow, byName: SecondRow['byName'], byNameS: number): SecondRow =>
  PackedRow.withNames(row, byName, byNameS)
