/**
 * The house: which layer, room and library each file of src may import. Imports go one way. Enforced by eslint.config.ts
 * and by test/architecture.test.ts; docs/ARCHITECTURE.md explains it.
 */
import { posix } from 'node:path'

/** The layers that each layer may import, besides itself and errors.ts. A layer is a folder or a file of src. */
export const LAYERS: Readonly<Record<string, readonly string[]>> = {
  'errors.ts': [],
  'version.ts': [],
  core: [],
  scenario: ['core', 'python.ts'],
  'protocol.ts': ['core'],
  worker: ['scenario', 'core', 'protocol.ts'],
  output: ['core', 'version.ts'],
  // It shows what the output makes. Nothing imports it: its built files are read.
  page: ['core', 'output'],
  host: ['output', 'core', 'scenario', 'protocol.ts', 'version.ts'],
  // Several hosts: the coordinator and the agents, and what carries messages between them.
  fleet: ['core', 'host', 'protocol.ts', 'scenario', 'version.ts'],
  target: ['core', 'version.ts'],
  // Texts in, texts out.
  import: ['core'],
  cli: ['host', 'fleet', 'output', 'core', 'target', 'import', 'version.ts'],
  'index.ts': ['host', 'fleet', 'output', 'core', 'scenario', 'target', 'version.ts'],
  'vitest.ts': ['core'],
  // What scenarios made of locustfiles import: values as Python has them.
  python: [],
  'python.ts': ['python'],
}

/** The rooms of a layer, from the lowest up: a file imports only from its own room and from rooms before it. `.` has none. */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  core: [
    '.',
    'load',
    'log',
    'request',
    'measure',
    'scenario',
    'threshold',
    'options',
    'resolve/request',
    'resolve',
    'config',
    'plan',
    'judge/rules',
    'judge',
    'compare',
    'report',
    'find',
    'export',
    'fleet',
  ],
  output: ['.', 'text', 'view', 'live', 'file', 'push', 'web'],
  worker: [
    'time',
    'transport',
    'transport/wire',
    'transport/http2',
    'record',
    'call',
    'user',
    'scenario',
    'schedule',
    '.',
  ],
  host: ['machine', 'files', 'kept', '.'],
  page: ['parts', 'charts', 'live', '.'],
  import: ['.', 'curl', 'locust', 'log', 'written', 'har', 'postman', 'openapi', 'detect'],
}

/** The one file that imports each library. */
export const SINGLE_IMPORTERS: Readonly<Record<string, string>> = {
  piscina: 'host/crew.ts',
  undici: 'worker/transport/undici.ts',
  'hdr-histogram-js': 'output/file/hdr-encoding.ts',
  // Its parser only; a library is found by the first name that fits.
  'yargs/helpers': 'cli/args.ts',
  yargs: 'cli/help.ts',
  picocolors: 'output/text/paint.ts',
  'string-width': 'output/text/paint.ts',
  'fastest-levenshtein': 'core/suggest.ts',
  'csv-parse': 'host/files/feeder-files.ts',
  jiti: 'scenario/file.ts',
  uplot: 'page/charts/uplot.ts',
  yaml: 'host/files/yaml.ts',
  'tough-cookie': 'worker/scenario/jar.ts',
  '@nats-io/transport-node': 'fleet/bus.ts',
  // An optional peer, for runs on several hosts.
  esbuild: 'scenario/bundle.ts',
  // Bundled into the built files, so that users do not install them.
  'py-ast': 'import/locust/python-tree.ts',
  prettier: 'import/formatted.ts',
}

/** The layers that run without a platform: no `node:` module. */
const PLATFORMLESS = ['core', 'import', 'page']

/** The layer of a file, a path below src. */
export const layerOf = (file: string): string => file.split('/')[0]!

/** The room of a file within its layer; `.` if it stands at the layer's top. */
export function roomOf(file: string): string {
  const [, ...rest] = posix.dirname(file).split('/')
  return rest.join('/') || '.'
}

/** Why `file`, a path below src, must not import `specifier`; `null` if it may. */
export function importFault(file: string, specifier: string): string | null {
  const layer = layerOf(file)
  if (!specifier.startsWith('.')) {
    if (specifier.startsWith('node:'))
      return PLATFORMLESS.includes(layer) ? `src/${layer} has no platform: no node: modules` : null
    const library = Object.keys(SINGLE_IMPORTERS).find(
      (name) => specifier === name || specifier.startsWith(`${name}/`),
    )
    if (library === undefined || SINGLE_IMPORTERS[library] === file) return null
    return `${library} has one importer: src/${SINGLE_IMPORTERS[library]}`
  }
  const imported = posix.join(posix.dirname(file), specifier)
  const other = layerOf(imported)
  if (other !== layer)
    return other === 'errors.ts' || LAYERS[layer]?.includes(other) === true
      ? null
      : `imports go one way: src/${layer} must not import src/${other}`
  const rooms = ROOMS[layer]
  if (rooms === undefined) return null
  const [from, to] = [rooms.indexOf(roomOf(file)), rooms.indexOf(roomOf(imported))]
  if (from < 0) return `src/${layer}/${roomOf(file)} is not a room of scripts/house.ts`
  return to <= from && to >= 0 ? null : `imports go one way: ${rooms[from]} comes before ${roomOf(imported)}`
}
