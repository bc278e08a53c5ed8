/** `corerush find` against nginx with `limit_req`, whose rate is known: the interval holds it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { FindReport } from '../../src/core/find/find-report.ts'
import { runCli, withFolder } from '../support/cli.ts'

const NGINX = '/usr/sbin/nginx'
const PER_S = 200

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** nginx answers 503 to what exceeds the rate by more than the burst; all its files are in the folder. */
const config = (folder: string, port: number): string => `
daemon off;
${process.getuid?.() === 0 ? 'user root root;' : ''}
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
worker_processes 1;
events { worker_connections 512; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  limit_req_zone $server_name zone=all:1m rate=${PER_S}r/s;
  server {
    listen 127.0.0.1:${port};
    server_name limited;
    location / {
      limit_req zone=all burst=20 nodelay;
      root ${folder};
      try_files /ok =404;
    }
  }
}
`

async function answers(url: string): Promise<boolean> {
  for (let tries = 0; tries < 50; tries++) {
    const isUp = await fetch(url).then(
      () => true,
      () => false,
    )
    if (isUp) return true
    await sleep(100)
  }
  return false
}

test.skipIf(!existsSync(NGINX))('the interval holds the rate of limit_req', () =>
  withFolder(async (folder) => {
    const port = await freePort()
    // A file, because `return` would answer before limit_req is asked.
    writeFileSync(join(folder, 'ok'), 'ok')
    writeFileSync(join(folder, 'nginx.conf'), config(folder, port))
    const nginx: ChildProcess = spawn(NGINX, ['-p', folder, '-c', join(folder, 'nginx.conf')], {
      stdio: 'ignore',
    })
    const ended = once(nginx, 'exit')
    try {
      const url = `http://127.0.0.1:${port}/`
      expect(await answers(url)).toBe(true)
      await runCli([
        ...['find', '--url', url, '--rate', '160/s..240/s', '--threshold', 'failed < 1%'],
        ...['--for', '2s', '--trial', '1s', '--confirm', '0', '--precision', '50%', '--max-time', '50s'],
        ...['--out', `json=${join(folder, 'find.json')}`],
      ])
      const [answer] = (JSON.parse(readFileSync(join(folder, 'find.json'), 'utf8')) as FindReport).answers
      const [lower, upper] = [answer!.lower, answer!.upper].map(
        (load) => (load as { readonly ratePerS: number } | null)?.ratePerS ?? null,
      )
      // A disturbed host may be the limit itself; what it blames on nginx must be true.
      if (answer!.limitedBy === 'generator') return
      expect(answer!.limitedBy).toBe('target')
      expect(answer!.reason).toMatch(/^failed < 1%: /)
      expect(lower).toBeLessThanOrEqual(PER_S)
      expect(upper).toBeGreaterThan(PER_S)
    } finally {
      nginx.kill('SIGTERM')
      await ended
    }
  }),
)
