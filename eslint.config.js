// The layers and single importers of docs/ARCHITECTURE.md, enforced; and typed linting for the rest.
import tseslint from 'typescript-eslint'

const SINGLE_IMPORTERS = {
  piscina: 'src/host/crew.ts',
  undici: 'src/worker/transport/undici.ts',
  'hdr-histogram-js': 'src/core/histogram.ts',
  yargs: 'src/cli/args.ts',
  picocolors: 'src/output/paint.ts',
  'string-width': 'src/output/paint.ts',
  'fastest-levenshtein': 'src/core/suggest.ts',
  'csv-parse': 'src/host/feeders.ts',
  jiti: 'src/scenario/file.ts',
  uplot: 'src/page/uplot.ts',
  yaml: 'src/host/yaml.ts',
  'tough-cookie': 'src/worker/scenario/jar.ts',
}

/** What each folder must not import, besides libraries that belong to one file. */
const LAYERS = {
  core: [
    'host',
    'worker',
    'output',
    'page',
    'cli',
    'target',
    'scenario',
    'protocol.ts',
    'version.ts',
    'index.ts',
  ],
  scenario: ['host', 'worker', 'output', 'page', 'cli', 'target', 'protocol.ts', 'index.ts'],
  worker: ['host', 'output', 'page', 'cli', 'target', 'index.ts'],
  output: ['host', 'worker', 'page', 'cli', 'target', 'scenario', 'protocol.ts', 'index.ts'],
  page: ['host', 'worker', 'cli', 'target', 'scenario', 'protocol.ts', 'version.ts', 'index.ts'],
  target: ['host', 'worker', 'output', 'page', 'cli', 'scenario', 'protocol.ts', 'index.ts'],
  host: ['worker', 'page', 'cli', 'target', 'index.ts'],
  cli: ['worker', 'page', 'scenario', 'protocol.ts', 'index.ts'],
}

const restricted = (patterns) => ['error', { patterns }]
const belongsElsewhere = (file) =>
  Object.entries(SINGLE_IMPORTERS)
    .filter(([, importer]) => importer !== file)
    .map(([library, importer]) => ({
      regex: `^${library}(/|$)`,
      message: `${library} has one importer: ${importer}`,
    }))
const layer = (name) => [
  {
    regex: `^(\\.\\./)+(${LAYERS[name].map((other) => other.replace('.', '\\.')).join('|')})(/|$)`,
    message: `imports go one way; src/${name} must not know this layer (docs/ARCHITECTURE.md)`,
  },
  ...(name === 'core'
    ? [{ regex: '^node:', message: 'src/core is pure: no I/O, no clock, no platform' }]
    : []),
  ...(name === 'page' ? [{ regex: '^node:', message: 'src/page runs in a browser' }] : []),
]

const PLATFORM = [
  'process',
  'performance',
  'Date',
  'console',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'fetch',
]

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'node_modules/'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      // Slots of typed arrays are numbers wherever the index is known to be inside.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/prefer-literal-enum-member': 'off',
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  ...Object.keys(LAYERS).map((name) => ({
    files: [`src/${name}/**/*.ts`],
    rules: { 'no-restricted-imports': restricted([...layer(name), ...belongsElsewhere(null)]) },
  })),
  ...Object.values(SINGLE_IMPORTERS)
    .filter((file, i, all) => all.indexOf(file) === i)
    .map((file) => ({
      files: [file],
      rules: {
        'no-restricted-imports': restricted([...layer(file.split('/')[1]), ...belongsElsewhere(file)]),
      },
    })),
  {
    files: ['src/protocol.ts', 'src/errors.ts', 'src/version.ts'],
    rules: {
      'no-restricted-imports': restricted([
        {
          regex: '^\\./(host|worker|output|cli|target|scenario|index\\.ts)(/|$)',
          message: 'what everyone may import knows no layer but the core',
        },
      ]),
    },
  },
  {
    files: ['src/core/**/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...PLATFORM.map((name) => ({ name, message: 'src/core is pure: pass it in' })),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'src/core is pure: pass a seeded generator in' },
      ],
    },
  },
  {
    files: ['test/**/*.{ts,mjs}', 'bench/**/*.{ts,mjs}', 'examples/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  { files: ['*.js', '**/*.mjs'], ...tseslint.configs.disableTypeChecked },
)
