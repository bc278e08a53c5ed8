/**
 * What a program is started by so that the kernel kills it with this process, even if that is killed; empty where that
 * cannot be had. The pid is that of the program.
 */
import { spawnSync } from 'node:child_process'

const WORDS = ['setpriv', '--pdeathsig', 'KILL']

export const LEASH: readonly string[] =
  spawnSync(WORDS[0]!, [...WORDS.slice(1), 'true']).status === 0 ? WORDS : []
