import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mongo } from 'mongoose';
import { INDEXES, type Item, itemOf, Ledger, stepOf } from './ledger';
import { compileShim } from './shim';
import { problemsIn } from './verify';

/** All numbers of calls up to 200 with `FAULTS=all`, otherwise a sample. */
const ALL = process.env['FAULTS'] === 'all';
const SAMPLE = [1, 2, 3, 5, 8, 60];
const MAX_CALLS = 200;
const STEPS = ALL ? 210 : 70;
const LANES = 2;
const LONGEST_EXIT_MS = 1_000;

const SERVE = join(__dirname, '../../../dist/database/embedded/cli/serve.js');
const KINDS = ['write', 'sync', 'meta'] as const;

/** `short` stores half of what is written. The others are numbers of errors. */
const ERRORS = { EIO: '5', ENOSPC: '28', short: '0' } as const;

interface Fault {
  readonly kind: (typeof KINDS)[number];
  readonly at: number;
  readonly error: keyof typeof ERRORS;
  readonly always: boolean;
}

function faults(): Fault[] {
  const numbers = ALL ? Array.from({ length: MAX_CALLS }, (_, n) => n + 1) : SAMPLE;
  const errors = Object.keys(ERRORS) as Fault['error'][];
  const all = numbers.flatMap((at) =>
    KINDS.flatMap((kind) => errors.flatMap((error) => [true, false].map((always) => ({ kind, at, error, always })))),
  );
  // A sample has every kind with every error, in turn once and for ever.
  return all.filter(({ kind, error }) => !(kind === 'sync' && error === 'short')).filter((_, n) => ALL || n % 5 === 0);
}

/** What a client of a server with a failing disk experienced. */
interface Outcome {
  readonly ledger: Ledger;
  readonly wrong: string[];
  readonly codes: Set<unknown>;
  /** Exit code, or the signal of a crash; null while the process runs. */
  readonly exit: number | NodeJS.Signals | null;
  /** From the failure to the exit, in milliseconds. */
  readonly exitAfter: number | undefined;
  readonly isReady: boolean | undefined;
}

const codeOf = (error: unknown): unknown =>
  error instanceof mongo.MongoServerError ? error.code : (error as Error).name;

const fieldsOf = (id: number, version: number): Omit<Item, '_id'> =>
  (({ _id, ...fields }) => fields)(itemOf(id, version));

/** Changes documents and reads them after each change. */
class Workload {
  readonly ledger = new Ledger();
  readonly wrong: string[] = [];
  readonly codes = new Set<unknown>();

  constructor(
    private readonly items: mongo.Collection<Item>,
    private readonly isGone: () => boolean,
  ) {}

  async run(): Promise<void> {
    await this.attempt(() => this.items.createIndexes(INDEXES.map((index) => ({ ...index }))));
    for (let n = 0; n < STEPS && !this.isGone(); n += 1) {
      await this.change(n);
      await this.read(n);
    }
  }

  private async change(n: number): Promise<void> {
    const { id, version } = stepOf(n, this.ledger.versionOf);
    this.ledger.request(id, version);
    const done = await this.attempt(() =>
      version === 0
        ? this.items.deleteOne({ _id: id })
        : this.items.updateOne({ _id: id }, { $set: fieldsOf(id, version) }, { upsert: true }),
    );
    if (done) this.ledger.acknowledge(id, version);
  }

  private async read(n: number): Promise<void> {
    await this.attempt(async () => this.wrong.push(...this.ledger.problemsOf(await this.items.find().toArray())));
    const { id } = stepOf(n, this.ledger.versionOf);
    await this.attempt(async () => {
      const tagged = await this.items.find({ tags: id }).toArray();
      if (tagged.some(({ tags }) => !tags.includes(id)))
        this.wrong.push(`a search for the tag ${id} found another document`);
    });
  }

  private async attempt(command: () => Promise<unknown>): Promise<boolean> {
    try {
      await command();
      return true;
    } catch (error) {
      this.codes.add(codeOf(error));
      return false;
    }
  }
}

async function experience(shim: string, folder: string, { kind, at, error, always }: Fault): Promise<Outcome> {
  const log = join(folder, 'fault.log');
  const environment = {
    LD_PRELOAD: shim,
    FAULT_KIND: kind,
    FAULT_AT: String(at),
    FAULT_ERROR: ERRORS[error],
    FAULT_ALWAYS: always ? '1' : '0',
    FAULT_LOG: log,
  };
  const child: ChildProcess = spawn(process.execPath, [SERVE, '--data', join(folder, 'data')], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let exitedAt: number | undefined;
  const exited = once(child, 'exit').then(() => (exitedAt = Date.now()));
  const line = await Promise.race([
    once(child.stdout as NodeJS.ReadableStream, 'data').then(([bytes]) => String(bytes).trim()),
    exited.then(() => undefined),
  ]);
  const client =
    line === undefined
      ? undefined
      : new mongo.MongoClient(line, { serverSelectionTimeoutMS: 5_000, retryReads: false });
  // Commands of a process that is gone fail at once, not after this time.
  void exited.then(() => client?.close());
  const workload = new Workload(
    client?.db().collection<Item>('items') as mongo.Collection<Item>,
    () => exitedAt !== undefined,
  );
  if (client) await workload.run();
  const isReady =
    client && exitedAt === undefined
      ? await client
          .db()
          .command({ ping: 1 })
          .then(
            () => true,
            () => false,
          )
      : undefined;
  // A failure at the very end leaves the process a second to exit.
  if (existsSync(log) && !isReady && !workload.codes.has(14031)) await exited;
  const outcome = {
    ledger: workload.ledger,
    wrong: workload.wrong,
    codes: workload.codes,
    exit: child.exitCode ?? child.signalCode,
    isReady,
  };
  child.kill('SIGKILL');
  await Promise.all([exited, client?.close()]);
  return {
    ...outcome,
    exitAfter:
      outcome.exit !== null && existsSync(log)
        ? (exitedAt as unknown as number) - Number(readFileSync(log, 'utf8'))
        : undefined,
  };
}

/** Whether the data file stays as it was when a call fails like this. */
const isRecoverable = ({ kind, error }: Fault): boolean => error === 'ENOSPC' && kind !== 'meta';

/** Describes what is wrong with how a server took a fault. */
async function problemsOf(shim: string, fault: Fault): Promise<string[]> {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'derailed-disk-'));
  try {
    const { ledger, wrong, codes, exit, exitAfter, isReady } = await experience(shim, folder, fault);
    const problems = wrong.slice(0, 3);
    const happened = existsSync(join(folder, 'fault.log'));
    const started = ledger.acknowledged.size > 0;
    if (happened && started && isRecoverable(fault)) {
      if (exit !== null) problems.push(`the process exited with ${exit}`);
      if (!codes.has(14031)) problems.push(`no OutOfDiskSpace among ${[...codes].join()}`);
      if (isReady === fault.always) problems.push(`ready: ${isReady}`);
    }
    // The first write only checks that the folder can be written, and continues where a short one ended.
    const isContinued = fault.kind === 'write' && fault.at === 1 && fault.error === 'short' && !fault.always;
    if (happened && !isRecoverable(fault) && !isContinued && (exit === null || exit === 0))
      problems.push(`the process didn't exit: ${exit}`);
    if ((exitAfter ?? 0) > LONGEST_EXIT_MS) problems.push(`the process exited after ${exitAfter} ms`);
    if (!happened && (exit !== null || codes.size > 0))
      problems.push(`without a fault: exit ${exit}, ${[...codes].join()}`);
    return [...problems, ...(await problemsIn(join(folder, 'data'), ledger))].map(
      (problem) => `${JSON.stringify(fault)}: ${problem}`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const shim = compileShim();
afterAll(() => shim?.remove());

(shim ? describe : describe.skip)('a disk that fails the nth write, sync or meta page', () => {
  it(
    'never returns a wrong result, and keeps every acknowledged write',
    async () => {
      const all = faults();
      const problems: string[] = [];
      const waiting = [...all];
      const lane = async (): Promise<void> => {
        for (let fault = waiting.shift(); fault; fault = waiting.shift())
          problems.push(...(await problemsOf((shim as { path: string }).path, fault)));
      };
      await Promise.all(Array.from({ length: LANES }, lane));
      process.stdout.write(`${all.length} faults of the disk\n`);
      expect(problems).toEqual([]);
    },
    120_000 + (ALL ? 3_600_000 : 0),
  );
});
