import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ledger } from './ledger';
import { compileShim } from './shim';
import { problemsIn } from './verify';

/** The number of power failures; set by `POWER_LOSSES`. */
const LOSSES = Number(process.env['POWER_LOSSES'] ?? 150);
const STEPS = 240;
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
const PAGE = 4_096;

/** One recorded call: a write, a durable write, a sync of everything before it, or a note of the writer. */
interface Recorded {
  readonly kind: 'w' | 'd' | 's' | 'n';
  readonly offset: number;
  readonly data: Buffer;
}

function readTrace(path: string): Recorded[] {
  const bytes = readFileSync(path);
  const calls: Recorded[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readUInt32LE(at + 9);
    calls.push({
      kind: String.fromCharCode(bytes[at] as number) as Recorded['kind'],
      offset: Number(bytes.readBigUInt64LE(at + 1)),
      data: bytes.subarray(at + 13, at + 13 + length),
    });
    at += 13 + length;
  }
  return calls;
}

/** A repeatable source of random numbers from 0 to 1 (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The parts of a write that lie on different pages, which reach the disk independently. */
function* pagesOf({ offset, data }: Recorded): Generator<{ readonly offset: number; readonly data: Buffer }> {
  for (let at = 0; at < data.length;) {
    const length = Math.min(PAGE - ((offset + at) % PAGE), data.length - at);
    yield { offset: offset + at, data: data.subarray(at, at + length) };
    at += length;
  }
}

/** A disk: what is durable, and the writes since the last sync. */
class Disk {
  private durable: Buffer = Buffer.alloc(0);
  private pending: Recorded[] = [];

  apply(call: Recorded): void {
    if (call.kind === 'w') this.pending.push(call);
    if (call.kind === 'd') this.durable = written(this.durable, call);
    if (call.kind !== 's') return;
    for (const write of this.pending) this.durable = written(this.durable, write);
    this.pending = [];
  }

  /** The file after a power failure in the middle of a call: an arbitrary subset of the pages that no sync covers is there. */
  afterLoss(interrupted: Recorded | undefined, random: () => number): Buffer {
    const unsynced = [
      ...this.pending,
      ...(interrupted && (interrupted.kind === 'w' || interrupted.kind === 'd') ? [interrupted] : []),
    ];
    const share = random();
    const kept = unsynced.flatMap((write) => [...pagesOf(write)]).filter(() => random() < share);
    return kept.reduce(written, Buffer.from(this.durable));
  }
}

function written(file: Buffer, { offset, data }: { readonly offset: number; readonly data: Buffer }): Buffer {
  const end = offset + data.length;
  const grown = end > file.length ? Buffer.concat([file, Buffer.alloc(end - file.length)]) : file;
  data.copy(grown, offset);
  return grown;
}

function take(note: Buffer, ledger: Ledger): void {
  const [kind, id, version] = note.toString().trim().split(' ') as [string, string, string];
  if (kind === 'requested') ledger.request(Number(id), Number(version));
  else ledger.acknowledge(Number(id), Number(version));
}

const shim = compileShim();
let folder: string;
beforeEach(() => (folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'derailed-power-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));
afterAll(() => shim?.remove());

(shim ? describe : describe.skip)('a power failure', () => {
  it(
    'loses no acknowledged write and tears no document, whichever unsynced pages reached the disk',
    async () => {
      execFileSync(process.execPath, [join(__dirname, 'recorded-writer.js'), folder, String(STEPS)], {
        env: { ...process.env, LD_PRELOAD: (shim as { path: string }).path, DISK_TRACE: join(folder, 'trace') },
      });
      const calls = readTrace(join(folder, 'trace'));
      const first = calls.findIndex(({ kind }) => kind === 'n');
      const random = randomFrom(SEED);
      const points = Array.from(
        { length: LOSSES },
        () => first + Math.floor(random() * (calls.length - first)),
      ).toSorted((a, b) => a - b);
      const disk = new Disk();
      const ledger = new Ledger();
      const problems: string[] = [];
      for (const [at, call] of calls.entries()) {
        while (points[0] === at) {
          points.shift();
          problems.push(
            ...(await problemsAfter(disk.afterLoss(call, random), ledger)).map(
              (problem) => `call ${at} of ${calls.length}, seed ${SEED}: ${problem}`,
            ),
          );
        }
        disk.apply(call);
        if (call.kind === 'n') take(call.data, ledger);
      }
      process.stdout.write(`${LOSSES} power failures in ${calls.length} calls, seed ${SEED}\n`);
      expect(problems).toEqual([]);
      expect(calls.filter(({ kind }) => kind === 'd').length).toBeGreaterThan(STEPS / 4);
    },
    60_000 + LOSSES * 1_000,
  );
});

/** Opens a file as a server would after the power is back. */
async function problemsAfter(file: Buffer, ledger: Ledger): Promise<string[]> {
  const dataDir = join(folder, 'lost');
  mkdirSync(dataDir, { mode: 0o700 });
  try {
    writeFileSync(join(dataDir, 'derailed.mdb'), file);
    return await problemsIn(dataDir, ledger);
  } catch (error) {
    return [`the data can't be opened: ${(error as Error).message}`];
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}
