import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { eventually } from './eventually';
import { ownDatabase } from './own-database';

const MAIN = resolve(__dirname, '../../dist/main.js');
const START_MS = 60_000;
/** Linux counts CPU time in hundredths of a second. */
const MS_PER_TICK = 10;

/** A node as a process of its own, from what was built. */
export class NodeProcess {
  private constructor(
    private readonly child: ChildProcess,
    private readonly readOutput: () => string,
    /** Where it listens. */
    readonly url: string,
  ) {}

  /**
   * Starts a node and waits until it listens. Its database is new unless the settings name one.
   *
   * @param openFiles number of files that the process may open; the limit of this process by default
   */
  static async start(settings: Record<string, string>, openFiles?: number): Promise<NodeProcess> {
    const env = {
      ...process.env,
      MONGODB_URI: ownDatabase(process.env['MONGODB_URI']) ?? '',
      PORT: '0',
      LOG_LEVEL: 'warn',
      ...settings,
    };
    const limited =
      openFiles === undefined
        ? [process.execPath, MAIN]
        : ['bash', '-c', `ulimit -n ${openFiles}; exec "$0" "$1"`, process.execPath, MAIN];
    const child = spawn(limited[0]!, limited.slice(1), { env });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
    const urlOf = (): string | undefined => /API\s+(http:\S+)\/api\/v1/.exec(output)?.[1];
    await eventually(() => urlOf() !== undefined || child.exitCode !== null, START_MS).catch(() => undefined);
    const url = urlOf();
    if (url) return new NodeProcess(child, () => output, url);
    child.kill('SIGKILL');
    throw new Error(`The node did not start: ${output}`);
  }

  /** What the process has written to its output and error streams so far. */
  get output(): string {
    return this.readOutput();
  }

  /** The CPU time that the process has used so far, in milliseconds. Linux only. @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
  get cpuMs(): number {
    const fields = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
  }

  /** Returns whether the process has not ended. */
  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
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
    if (!this.isRunning) return;
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    await exited;
  }
}
