/** The content of a config file: the options of a run, those that only the command has, and profiles. */
import type { CommandOptions, Options } from '../options/options.ts'

/** The options of a run as a config file sets them, and what becomes of its report. */
export interface ConfigOptions extends Omit<Options, 'body' | 'ca' | 'cert' | 'key'>, CommandOptions {
  /** Request body: text, or `@FILE`, a file beside this one. */
  body?: string | undefined
  /** Certificate authorities to trust instead of the platform's: a file beside this one, or the PEM itself. */
  ca?: string | undefined
  /** The client certificate: a file beside this one, or the PEM itself; with `key`. */
  cert?: string | undefined
  /** The key of the client certificate: a file beside this one, or the PEM itself. */
  key?: string | undefined
}

/** Options that override those outside of the profiles; `null` removes one. */
export type Profile = { readonly [Option in keyof ConfigOptions]?: ConfigOptions[Option] | null }

/** A config file: `corerush.config.ts`, `.js`, `.mjs`, `.json`, `.yaml` or `.yml`. */
export interface Config extends ConfigOptions {
  /** The schema of this file, for editors: `./node_modules/corerush/schema/config.schema.json`. */
  $schema?: string | undefined
  /** Options by the name that `--profile` chooses them by. */
  profiles?: Readonly<Record<string, Profile>> | undefined
}

/** The config as it is, for completion and type checks in an editor. */
export const defineConfig = (config: Config): Config => config
