import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnvironment } from '../config/config.service';
import { bootstrap } from '../bootstrap';
import { DemoAccounts } from './demo-accounts';
import { type Commands, DemoFailed, Narrator } from './narrator';
import { runStory } from './story';

const COUNTED = /^derailed_database_commands_total\{kind="(read|write)",[^}]*\} (\d+)$/gm;

/** Where the demo runs. */
export interface DemoOptions {
  /** A running server; undefined starts a server of its own in a temporary folder. */
  readonly url: string | undefined;
  /** File that keeps the accounts of the demo on a running server, so that later runs register no accounts. */
  readonly accountsFile: string | undefined;
  readonly metricsToken: string | undefined;
  readonly write: (line: string) => void;
}

interface DemoServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Runs the demo. @throws DemoFailed if a statement of the demo is false or the server does not respond */
export async function runDemo({ url, accountsFile, metricsToken, write }: DemoOptions): Promise<void> {
  const server = url === undefined ? await startOwnServer() : await findServer(url);
  write(`Derailed at ${server.url}`);
  const narrator = new Narrator(write, () => countCommands(server.url, metricsToken));
  try {
    await runStory(
      narrator,
      new DemoAccounts(
        server.url,
        url === undefined ? undefined : (accountsFile ?? DemoAccounts.defaultFile(server.url)),
      ),
    );
    narrator.summary();
    write('\nEverything was as it says.');
  } finally {
    await server.close();
  }
}

async function startOwnServer(): Promise<DemoServer> {
  const dataDir = mkdtempSync(join(tmpdir(), 'derailed-demo-'));
  const derailed = await bootstrap(parseEnvironment({ PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'error' }));
  return {
    url: derailed.url,
    close: async () => {
      await derailed.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function findServer(url: string): Promise<DemoServer> {
  const server = { url: url.replace(/\/+$/, ''), close: () => Promise.resolve() };
  const isReady = await fetch(`${server.url}/health/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
  if (!isReady) throw new DemoFailed(`No server is ready at ${server.url}.`);
  return server;
}

// The commands of a server with protected metrics are not counted.
async function countCommands(url: string, token: string | undefined): Promise<Commands> {
  const response = await fetch(`${url}/metrics`, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });
  const counted = response.ok ? [...(await response.text()).matchAll(COUNTED)] : [];
  const sum = (kind: string): number =>
    counted.filter(([, found]) => found === kind).reduce((total, [, , count]) => total + Number(count), 0);
  return { reads: sum('read'), writes: sum('write') };
}
