import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

const MAIN = resolve(__dirname, '../../dist/main.js');
const START_MS = 60_000;

/** A node as a process of its own, from what was built. */
export class NodeProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly readOutput: () => string,
    /** Where it listens. */
    readonly url: string,
  ) {}

  static async start(settings: Record<string, string>): Promise<NodeProcess> {
    const child = spawn(process.execPath, [MAIN], { env: { ...process.env, PORT: '0', LOG_LEVEL: 'warn', ...settings } });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
    for (const deadline = Date.now() + START_MS; Date.now() < deadline && child.exitCode === null; ) {
      const url = /API\s+(http:\S+)\/api\/v1/.exec(output)?.[1];
      if (url) return new NodeProcess(child, () => output, url);
      await new Promise((later) => setTimeout(later, 20));
    }
    child.kill('SIGKILL');
    throw new Error(`It did not start: ${output}`);
  }

  /** What the process has written to its output and error streams so far. */
  get output(): string {
    return this.readOutput();
  }

  /** Ends it at once, whatever it is doing. */
  kill(): Promise<void> {
    return this.end('SIGKILL');
  }

  /** Asks it to end, and waits until it has. */
  stop(): Promise<void> {
    return this.end('SIGTERM');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    await exited;
  }
}
