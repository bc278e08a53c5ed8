/** Reads of the files that options name what must be known before there is a plan. */
import { resolve } from 'node:path'
import type { Options } from '../../core/options/options.ts'
import type { Problem } from '../../core/options/problem.ts'
import { parseDelimiter } from '../../core/scenario/delimiter.ts'
import type { NamedFiles } from '../../core/resolve/request/sent-requests.ts'
import { readDataFile, type DataFile } from './data-files.ts'
import { reasonOf } from './feeder-files.ts'
import { readReplayLog } from './replay-log.ts'
import { readTargetsFile } from './targets-source.ts'

const isPath = (option: unknown): option is string => typeof option === 'string' && option !== ''

/** The options with absolute paths, what was read, and what could not be. */
export function readNamedFiles(options: Options): {
  readonly located: Options
  readonly files: NamedFiles
  readonly problems: readonly Problem[]
} {
  const problems: Problem[] = []
  const { data, targets, replay } = options
  const found = isPath(data) ? dataFile(options, problems) : null
  const located: Options = {
    ...options,
    ...(isPath(data) ? { data: resolve(data) } : {}),
    ...(isPath(targets) ? { targets: resolve(targets) } : {}),
    ...(isPath(replay) ? { replay: resolve(replay) } : {}),
  }
  return {
    located,
    files: {
      columns: isPath(data) ? (found?.columns ?? null) : [],
      delimiter: found,
      targets: isPath(targets) ? readTargetsFile(resolve(targets), problems) : null,
      ...(isPath(replay)
        ? { replay: readReplayLog(resolve(replay), options.replayUnsafe === true, problems) }
        : {}),
    },
    problems,
  }
}

/** `null` if the file cannot be used. */
function dataFile({ data, dataDelimiter }: Options, problems: Problem[]): DataFile | null {
  const said = typeof dataDelimiter === 'string' ? parseDelimiter(dataDelimiter) : null
  try {
    return readDataFile(resolve(String(data)), said !== null && 'value' in said ? said.value : null)
  } catch (error) {
    problems.push({ option: 'data', message: `names a file that cannot be used: ${reasonOf(error)}` })
    return null
  }
}
