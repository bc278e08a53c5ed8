// Typed linting, the imports that scripts/house.ts allows, and a core without a platform.
import { relative, join } from 'node:path'
import type { Rule } from 'eslint'
import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'
import { importFault } from './scripts/house.ts'

const SRC = join(import.meta.dirname, 'src')

/** Every import of src goes the way that the house allows. */
const house: Rule.RuleModule = {
  create(context) {
    const file = relative(SRC, context.filename).replaceAll('\\', '/')
    const check = (node: Rule.Node & { readonly source?: unknown }): void => {
      const { value } = (node.source ?? {}) as { readonly value?: unknown }
      const fault = typeof value === 'string' ? importFault(file, value) : null
      if (fault !== null) context.report({ node, message: `${fault} (docs/ARCHITECTURE.md)` })
    }
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
    }
  },
}

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

export default defineConfig(
  { ignores: ['dist/', 'coverage/', 'node_modules/'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: true,
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
  {
    files: ['src/**/*.ts'],
    plugins: { corerush: { rules: { house } } },
    rules: {
      'corerush/house': 'error',
      // What a person can read at once. An exception says at its place why it cannot be split.
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'no-restricted-syntax': [
        'error',
        {
          selector: "MemberExpression[object.name='URL'][property.name='canParse']",
          message: 'on Node 20 it refuses ü once it is compiled: use parseUrl of core/request/parsed-url.ts',
        },
      ],
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
    // Values of Python have any type.
    files: ['src/python/**/*.ts'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['src/worker/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'memoryUsage',
          message: 'it opens a file, which fails when the load has taken every descriptor: use node:v8',
        },
      ],
    },
  },
  {
    files: ['test/**/*.{ts,mjs}', 'bench/**/*.{ts,mjs}', 'examples/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  { files: ['**/*.mjs'], ...tseslint.configs.disableTypeChecked },
)
