/** nginx with `limit_req`, whose rate is known: it answers 503 to what exceeds that by more than the burst. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { atEnd } from './at-end.ts'
import { closedPort } from './faults.ts'

const NGINX = '/usr/sbin/nginx'
export const hasNginx = existsSync(NGINX)

/** All its files are in the folder. */
const config = (folder: string, port: number, perS: number): string => `
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
  limit_req_zone $server_name zone=all:1m rate=${perS}r/s;
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

/** Starts it with its files in this folder, and waits until it answers. */
export async function startNginx(
  folder: string,
  perS: number,
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const port = await closedPort()
  const url = `http://127.0.0.1:${port}`
  // A file, because `return` would answer before limit_req is asked.
  writeFileSync(join(folder, 'ok'), 'ok')
  writeFileSync(join(folder, 'nginx.conf'), config(folder, port, perS))
  const nginx = spawn(NGINX, ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'ignore' })
  const release = atEnd(() => nginx.kill('SIGTERM'))
  const ended = once(nginx, 'exit')
  const isUp = (): Promise<boolean> =>
    fetch(url).then(
      () => true,
      () => false,
    )
  while (!(await isUp())) {
    if (nginx.exitCode !== null) throw new Error(`nginx ended with ${nginx.exitCode}`)
    await sleep(50)
  }
  return {
    url,
    async stop() {
      nginx.kill('SIGTERM')
      await ended
      release()
    },
  }
}
