import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mongo } from 'mongoose';
import { Server } from '../../src/database/embedded/server';
import { engineWorld } from './engine-world';
import { Mirror } from './mirror';

/** The end-to-end specs whose features bring commands of their own; `MIRRORED_SPECS=.` is for all of them, which takes much longer. */
const FEATURES =
  'test/(audit|audit-tracks|auth|bans|guilds|if-match|member-search|mentions|messages|pins|reactions|read-states|roles|search|tracks)\\.';

const { CONFORMANCE_URI: uri, MIRRORED_SPECS: specs = FEATURES } = process.env;
const TIMEOUT_MS = 1_800_000;

/** Runs end-to-end specs; what it printed, and how it ended. */
async function endToEnd(databaseUri: string): Promise<{ code: number | null; output: string }> {
  const { JEST_WORKER_ID: _ours, ...environment } = process.env;
  const suite = spawn('npx', ['jest', '--selectProjects=e2e', `--testPathPatterns=${specs}`], {
    env: { ...environment, MONGODB_URI: databaseUri },
  });
  const output: Buffer[] = [];
  for (const stream of [suite.stdout, suite.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk));
  const [code] = (await once(suite, 'exit')) as [number | null];
  return { code, output: Buffer.concat(output).toString() };
}

/** Against the MongoDB, or compatible server, that CONFORMANCE_URI names. Whatever the application asks is compared, as long as a test makes it ask. */
(uri ? describe : describe.skip)('the application on the embedded database and on another MongoDB at once', () => {
  it(
    'returns the same result as the second database for every command',
    async () => {
      const { engine, close } = await engineWorld();
      const other = await mongo.MongoClient.connect(uri as string);
      const mirror = new Mirror(engine, other);
      const server = new Server(mirror);
      const port = await server.listen({ port: 0, secret: undefined });

      const { code, output } = await endToEnd(`mongodb://127.0.0.1:${port}/?directConnection=true&retryWrites=false`);

      await Promise.all([server.close(), other.close()]);
      await close();
      process.stdout.write(`application: ${mirror.kinds.size} kinds of commands; ${mirror.queryCounter.toString()}\n`);
      expect(mirror.differences).toEqual([]);
      expect(mirror.queryCounter.refused).toBe(0);
      expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
    },
    TIMEOUT_MS,
  );
});
