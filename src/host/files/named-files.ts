/** Reads of the files that options name what must be known before there is a plan. */
import { resolve } from 'node:path'
import type { Options } from '../../core/options/options.ts'
import type { Problem } from '../../core/options/problem.ts'
import type { NamedFiles } from '../../core/resolve/request/sent-requests.ts'
import { readColumns } from './data-files.ts'
import { reasonOf } from './feeder-files.ts'
import { readTargetsFile } from './targets-source.ts'

const isPath = (option: unknown): option is string => typeof option === 'string' && option !== ''

/** The options with absolute paths, what was read, and what could not be. */
export function readNamedFiles(options: Options): {
  readonly located: Options
  readonly files: NamedFiles
  readonly problems: readonly Problem[]
} {
  const problems: Problem[] = []
  const { data, targets } = options
  const located: Options = {
    ...options,
    ...(isPath(data) ? { data: resolve(data) } : {}),
    ...(isPath(targets) ? { targets: resolve(targets) } : {}),
  }
  return {
    located,
    files: {
      columns: isPath(data) ? columnsOf(resolve(data), problems) : [],
      targets: isPath(targets) ? readTargetsFile(resolve(targets), problems) : null,
    },
    problems,
  }
}

/** Null where the file has none that can be used. */
function columnsOf(path: string, problems: Problem[]): readonly string[] | null {
  try {
    return readColumns(path)
  } catch (error) {
    problems.push({ option: 'data', message: `names a file that cannot be used: ${reasonOf(error)}` })
    return null
  }
}
