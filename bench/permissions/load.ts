import { fork } from 'node:child_process';
import { Agent, get } from 'node:http';

/** What to ask for again and again. */
interface Task {
  readonly url: string;
  readonly token: string;
  readonly parallel: number;
  readonly milliseconds: number;
}

/** A client in a process of its own. */
export interface Load {
  /** Asks for something for a while, over connections that stay open. @returns requests in a second */
  rate(task: Task): Promise<number>;
  stop(): void;
}

/** Starts a client. */
export function startLoad(): Load {
  const child = fork(__filename);
  return {
    rate: (task) =>
      new Promise((resolve, reject) => {
        child.once('message', (answer: { rate?: number; error?: string }) =>
          answer.rate === undefined ? reject(new Error(answer.error)) : resolve(answer.rate),
        );
        child.send(task);
      }),
    stop: () => void child.kill(),
  };
}

function once(url: string, token: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: { authorization: `Bearer ${token}` } }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`${url} answers ${answer.statusCode}`));
      answer.resume().once('end', resolve);
    }).once('error', reject);
  });
}

async function run({ url, token, parallel, milliseconds }: Task): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: parallel });
  const start = performance.now();
  let done = 0;
  const again = async (): Promise<void> => {
    while (performance.now() - start < milliseconds) {
      await once(url, token, agent);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: parallel }, again));
  const seconds = (performance.now() - start) / 1_000;
  agent.destroy();
  return done / seconds;
}

if (require.main === module) {
  process.on('message', (task: Task) => {
    run(task).then(
      (rate) => process.send?.({ rate }),
      (error: unknown) => process.send?.({ error: String(error) }),
    );
  });
}
