import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnvironment } from '../config/config';
import { startDerailed } from '../derailed';
import { type Commands, Narrator } from './narrator';
import { tell } from './story';

const COUNTED = /^derailed_database_commands_total\{kind="(read|write)",[^}]*\} (\d+)$/gm;

/** A server to play on. */
interface Stage {
  readonly url: string;
  close(): Promise<void>;
}

const write = (line: string): void => void process.stdout.write(`${line}\n`);

/** The running server, or one of its own. */
async function findStage(): Promise<Stage> {
  const { PORT: port, HOST: host } = parseEnvironment(process.env);
  const url = `http://${host}:${port}`;
  if (await answers(url)) return { url, close: () => Promise.resolve() };
  const dataDir = mkdtempSync(join(tmpdir(), 'derailed-demo-'));
  const derailed = await startDerailed(parseEnvironment({ PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'warn' }));
  return {
    url: derailed.url,
    close: async () => {
      await derailed.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health/ready`)).ok;
  } catch {
    return false;
  }
}

async function countCommands(url: string): Promise<Commands> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const counted = [...metrics.matchAll(COUNTED)];
  const sum = (kind: string): number => counted.filter(([, found]) => found === kind).reduce((total, [, , count]) => total + Number(count), 0);
  return { reads: sum('read'), writes: sum('write') };
}

async function main(): Promise<void> {
  const stage = await findStage();
  write(`Derailed at ${stage.url}`);
  const narrator = new Narrator(write, () => countCommands(stage.url));
  try {
    await tell(narrator, stage.url);
    narrator.summary();
    write('\nEverything was as it says.');
  } finally {
    await stage.close();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
