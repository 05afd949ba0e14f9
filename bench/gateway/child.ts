import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

const ANSWER_WITHIN_MS = 180_000;

/** What a process does when it is asked to, by name. */
type Deeds = Record<string, (argument: never) => unknown>;

type Argument<Deed> = Deed extends (argument: infer Given) => unknown ? Given : never;
type Outcome<Deed> = Deed extends (argument: never) => infer Result ? Awaited<Result> : never;

interface Question {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** Milliseconds on a clock that all processes of this machine share. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;

/** A process of its own that does what it is asked to. */
export class Child<Does extends object> {
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private asked = 0;

  private constructor(private readonly process: ChildProcess) {
    process.on('message', (answer: Answer) => this.waiting.get(answer.id)?.(answer));
    process.once('exit', (code) => this.waiting.forEach((tell, id) => tell({ id, error: `It ended with ${code}.` })));
  }

  /** Starts a file of this benchmark as a process that can collect its garbage when asked to. */
  static start<Does extends object>(file: string, environment: Record<string, string> = {}): Child<Does> {
    const child = fork(file, {
      execArgv: ['--expose-gc', ...process.execArgv],
      env: { ...process.env, ...environment },
      serialization: 'advanced',
    });
    return new Child<Does>(child);
  }

  /** @throws what it threw, or when there is no answer within three minutes */
  ask<Name extends keyof Does & string>(name: Name, argument: Argument<Does[Name]>): Promise<Outcome<Does[Name]>> {
    const id = (this.asked += 1);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`No answer to ${name}.`)), ANSWER_WITHIN_MS);
      this.waiting.set(id, ({ result, error }) => {
        clearTimeout(timer);
        this.waiting.delete(id);
        if (error === undefined) resolve(result as Outcome<Does[Name]>);
        else reject(new Error(`${name}: ${error}`));
      });
      this.process.send({ id, name, argument } satisfies Question);
    });
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null) return;
    const exited = once(this.process, 'exit');
    this.process.kill();
    await exited;
  }
}

/** Does what the process that started this one asks for, until that ends. */
export function serve(deeds: Deeds): void {
  process.once('disconnect', () => process.exit(1));
  process.on('message', ({ id, name, argument }: Question) => {
    Promise.resolve()
      .then(() => deeds[name]!(argument as never))
      .then(
        (result) => process.send?.({ id, result } satisfies Answer),
        (error: unknown) =>
          process.send?.({
            id,
            error: error instanceof Error ? (error.stack ?? error.message) : String(error),
          } satisfies Answer),
      );
  });
}

/** What a process holds after collecting its garbage, in bytes. */
export interface Weight {
  readonly rss: number;
  readonly heap: number;
}

/** Collects the garbage of this process and tells what is left. */
export async function weigh(): Promise<Weight> {
  // What is over is let go of a few turns later; a second look finds what the first one set free.
  for (let round = 0; round < 3; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    globalThis.gc?.();
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed + external };
}
