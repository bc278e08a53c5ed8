/** What a config file can say: the options of a run, what only the command line knows, and profiles. */
import type { Options } from '../options/options.ts'
import type { Count } from '../units.ts'

/** The options of a run as a file says them, and what becomes of its report. */
export interface ConfigOptions extends Omit<Options, 'body' | 'ca' | 'cert' | 'key'> {
  /** Request body: text, or `@FILE`, a file beside this one. */
  body?: string | undefined
  /** Certificate authorities to trust in place of the platform's: a file beside this one, or the PEM itself. */
  ca?: string | undefined
  /** The client certificate: a file beside this one, or the PEM itself; with `key`. */
  cert?: string | undefined
  /** The key of the client certificate: a file beside this one, or the PEM itself. */
  key?: string | undefined
  /** `KIND=PATH` each, such as `json=run.json` or `junit=perf.xml`; where the command is run. @default none */
  outputs?: string | readonly string[] | undefined
  /** Serves the run's metrics for a Prometheus on this host, at 127.0.0.1 and this port; 0 for any. @default none */
  metrics?: Count | undefined
  /** Serves a live page of the run on this host, at 127.0.0.1 and this port; 0 for any. @default none */
  web?: Count | undefined
  /** Keeps the run under this name, if its exit code is 0, for later ones to be compared with; where the command is run. */
  saveBaseline?: string | undefined
  /** Makes so many runs, one after the other. @default 1 */
  repeat?: Count | undefined
  /** The origin of another target: runs on both in turns, and `url` is compared with it; not with `baseline`. */
  against?: string | undefined
  /** Exit code 97, 98 or 99 for a run that is void, has regressed or failed a threshold; false: 0. @default true */
  fail?: boolean | undefined
  /** No live view and no progress lines. @default false */
  quiet?: boolean | undefined
  /** Colours. @default on a terminal */
  color?: boolean | undefined
}

/** Options that are laid over those outside of the profiles; null takes back what these say. */
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
