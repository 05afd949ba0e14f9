import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

const START_MS = 5_000;

/** A Redis that only this benchmark knows, and that keeps nothing. */
export interface Redis {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts one; undefined where there is no redis-server. */
export async function startRedis(): Promise<Redis | undefined> {
  if (spawnSync('redis-server', ['--version']).status !== 0) return undefined;
  const port = await freePort();
  const child = spawn('redis-server', [
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
  ]);
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  for (
    const deadline = Date.now() + START_MS;
    !output.includes('Ready to accept connections');
    await new Promise((resolve) => setTimeout(resolve, 10))
  ) {
    if (Date.now() > deadline || child.exitCode !== null) throw new Error(`redis-server did not start: ${output}`);
  }
  const stop = async (): Promise<void> => {
    const exited = once(child, 'exit');
    child.kill();
    await exited;
  };
  return { url: `redis://127.0.0.1:${port}`, stop };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
