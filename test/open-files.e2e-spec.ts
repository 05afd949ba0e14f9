import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './support/eventually';
import { NodeProcess } from './support/node-process';
import { describeOnce } from './support/once';

const OPEN_FILES = 256;
const CONNECTIONS = 400;

describeOnce('a process that may open 256 files', () => {
  let dataDir: string;
  let node: NodeProcess | undefined;
  const sockets: Socket[] = [];
  beforeEach(() => (dataDir = mkdtempSync(join(tmpdir(), 'derailed-files-'))));
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await node?.kill();
    rmSync(dataDir, { recursive: true, force: true });
  });

  /** Opens a connection, and reads what it receives. */
  const open = async (url: string): Promise<Socket> => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    sockets.push(socket);
    socket.on('error', () => undefined);
    await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
    socket.resume();
    return socket;
  };
  const register = async (url: string, name: string): Promise<number> => {
    const body = JSON.stringify({ username: name, email: `${name}@example.org`, password: 'correct horse battery' });
    const response = await fetch(`${url}/api/v1/auth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body,
    });
    return response.status;
  };

  it('closes connections beyond the limit, answers on the others, and accepts new ones when they close', async () => {
    node = await NodeProcess.start(
      { DATA_DIR: dataDir, HTTP_CONNECTIONS: '0', HTTP_CONNECTIONS_PER_ADDRESS: '0' },
      OPEN_FILES,
    );
    const { url } = node;
    expect(await register(url, 'before')).toBe(201);
    const first = await open(url);
    const others = await Promise.all(Array.from({ length: CONNECTIONS }, () => open(url)));
    await eventually(() =>
      expect(others.filter(({ destroyed, closed }) => destroyed || closed).length).toBeGreaterThan(CONNECTIONS / 2),
    );
    const [answer] = (await Promise.all([
      once(first, 'data'),
      new Promise<void>((sent) => first.write('GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n', () => sent())),
    ]).then(([data]) => data)) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 200 /);
    expect(node.isRunning).toBe(true);

    for (const socket of sockets.splice(0)) socket.destroy();
    await eventually(async () => expect(await register(url, 'after')).toBe(201));
    expect(node.isRunning).toBe(true);
  });
});
