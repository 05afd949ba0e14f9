import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { temporaryFolder } from '../database/world';

const MAIN = resolve(__dirname, '../../src/main.js');

/** A server in a process of its own, so that its memory and event loop are not shared with the load. */
export class BenchServer {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    private readonly removeFolder: () => void,
  ) {}

  /** Starts a server with an empty embedded database, without rate limits. */
  static async start(): Promise<BenchServer> {
    const folder = temporaryFolder();
    const child = spawn(process.execPath, [MAIN], {
      env: { ...process.env, PORT: '0', LOG_LEVEL: 'silent', RATE_LIMITS: 'off', DATA_DIR: folder.path },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    for await (const text of child.stdout) {
      output += String(text);
      const url = /API\s+(http:\S+)\/api\/v1/.exec(output)?.[1];
      if (url) return new BenchServer(child, url, () => folder.remove());
    }
    throw new Error(`The server did not start: ${output}`);
  }

  /** Resident memory in MiB, as Linux counts it. */
  residentMib(): number {
    const kib = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.child.pid}/status`, 'utf8'))?.[1];
    return Number(kib) / 1_024;
  }

  stop(): void {
    this.child.kill('SIGKILL');
    this.removeFolder();
  }
}
