import { fork } from 'node:child_process';
import { startBench } from '../support/derailed';

/** The application in a process of its own, so that its CPU time is measured alone. */
export interface Server {
  readonly url: string;
  /** Returns the CPU time that the process has used so far, in milliseconds. */
  cpuMs(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts the application with an embedded database and these settings. */
export async function startServer(settings: Record<string, string>): Promise<Server> {
  const child = fork(__filename, { env: { ...process.env, BENCH_SETTINGS: JSON.stringify(settings) } });
  const answer = <Value>(): Promise<Value> => new Promise((resolve) => void child.once('message', resolve));
  const url = await answer<string>();
  const ask = async (question: string): Promise<number> => {
    const value = answer<number>();
    child.send(question);
    return value;
  };
  return {
    url,
    cpuMs: () => ask('cpu'),
    stop: async () => {
      await ask('stop');
    },
  };
}

async function serve(): Promise<void> {
  const bench = await startBench(
    undefined,
    JSON.parse(process.env['BENCH_SETTINGS'] ?? '{}') as Record<string, string>,
  );
  process.on('message', (question) => {
    const { user, system } = process.cpuUsage();
    if (question === 'cpu') process.send?.((user + system) / 1_000);
    else void bench.stop().then(() => process.send?.(0, () => process.exit()));
  });
  process.send?.(bench.url);
}

if (require.main === module) void serve();
