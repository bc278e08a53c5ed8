/** The memory that is left, as the kernel shows it: of the host, or of a container. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { readMemory } from '../../../src/host/machine/memory.ts'
import { withFolder } from '../../support/cli.ts'

const HOST = { 'proc/meminfo': 'MemTotal: 16000000 kB\nMemAvailable:    8000000 kB\n' }

test.each<[string, Record<string, string>, number, number]>([
  ['no groups', {}, 16_384_000_000, 8_192_000_000],
  [
    'v2, without a limit',
    {
      'proc/self/cgroup': '0::/\n',
      'sys/fs/cgroup/memory.max': 'max\n',
      'sys/fs/cgroup/memory.current': '5',
    },
    16_384_000_000,
    8_192_000_000,
  ],
  [
    'v2, in a container: cached files count as left',
    {
      'proc/self/cgroup': '0::/\n',
      'sys/fs/cgroup/memory.max': '512000000\n',
      'sys/fs/cgroup/memory.current': '200000000\n',
      'sys/fs/cgroup/memory.stat': 'anon 1\ninactive_file 50000000\nactive_file 7\n',
    },
    512_000_000,
    362_000_000,
  ],
  [
    'v2, limited further up',
    {
      'proc/self/cgroup': '0::/a/b\n',
      'sys/fs/cgroup/a/b/memory.max': 'max\n',
      'sys/fs/cgroup/a/memory.max': '300000000\n',
      'sys/fs/cgroup/a/memory.current': '100000000\n',
    },
    300_000_000,
    200_000_000,
  ],
  [
    'v1',
    {
      'proc/self/cgroup': '9:memory:/docker/x\n3:cpu,cpuacct:/docker/x\n',
      'sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes': '400000000\n',
      'sys/fs/cgroup/memory/docker/x/memory.usage_in_bytes': '150000000\n',
      'sys/fs/cgroup/memory/docker/x/memory.stat': 'inactive_file 1\ntotal_inactive_file 50000000\n',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    },
    400_000_000,
    300_000_000,
  ],
  [
    'more used than allowed',
    {
      'proc/self/cgroup': '0::/\n',
      'sys/fs/cgroup/memory.max': '100\n',
      'sys/fs/cgroup/memory.current': '120\n',
    },
    100,
    0,
  ],
])('%s', async (_, files, memoryTotalBytes, memoryAvailableBytes) => {
  await withFolder((folder) => {
    for (const [path, text] of Object.entries({ ...HOST, ...files })) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    expect(readMemory(folder)).toEqual({ memoryTotalBytes, memoryAvailableBytes })
  })
})
