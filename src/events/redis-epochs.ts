import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisConnection } from '../redis/redis-connection';
import { RedisScript } from '../redis/redis-script';
import { Epochs, MEMORY_MS } from './epochs';

/** How long an epoch is kept. Whatever was remembered before it is forgotten by then, so that none at all, 0, says enough. */
export const EPOCH_MS = 2 * MEMORY_MS;

const RETRY_MS = 100;

// Numbers of one counter, so that none ever comes back while this Redis knows it.
const ADVANCE = new RedisScript(`
local epoch = redis.call('INCR', KEYS[1])
for index = 2, #KEYS do redis.call('SET', KEYS[index], epoch, 'PX', ARGV[1]) end
`);

const REACH = new RedisScript(`
local epoch = redis.call('GET', KEYS[1])
if not epoch or tonumber(epoch) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
`);

interface Question {
  readonly keys: readonly string[];
  readonly answer: (epochs: readonly number[] | undefined) => void;
}

/** The epochs of several nodes, in Redis. While it is away nothing is remembered. */
export class RedisEpochs extends Epochs {
  /** A Redis that was away may have forgotten epochs: what is remembered from before is given the time to be forgotten too. */
  private trustedFromMs = 0;
  private questions: Question[] = [];

  constructor(
    private readonly redis: RedisConnection,
    private readonly now: () => number = Date.now,
  ) {
    super();
    redis.onAway(() => (this.trustedFromMs = Infinity));
    redis.onBack(() => this.distrust());
  }

  /** The keys under which Redis has these epochs. */
  static keysOf(redis: RedisConnection, epochs: readonly string[]): string[] {
    return epochs.map((epoch) => redis.key('epoch', epoch));
  }

  // What is asked for in one go of the event loop is asked with one command, sent when all of it was asked for.
  override current(keys: readonly string[]): Promise<readonly number[] | undefined> {
    if (this.questions.length === 0) setImmediate(() => void this.ask());
    return new Promise((answer) => this.questions.push({ keys, answer }));
  }

  override advance(keys: readonly string[]): Promise<void> {
    return this.tell(ADVANCE, [this.redis.key('epochs'), ...RedisEpochs.keysOf(this.redis, keys)], [EPOCH_MS]);
  }

  override reach(key: string, epoch: number): Promise<void> {
    return this.tell(REACH, RedisEpochs.keysOf(this.redis, [key]), [epoch, EPOCH_MS]);
  }

  // When it may be this node alone that can't reach Redis, the others go on remembering what was; then the change isn't answered before Redis
  // was told, or they have forgotten. When Redis is down for all, they remember nothing.
  private async tell(script: RedisScript, keys: readonly string[], args: readonly number[]): Promise<void> {
    for (const forgottenAtMs = performance.now() + MEMORY_MS; ; await sleep(RETRY_MS)) {
      try {
        await this.redis.run(script, keys, args);
        return;
      } catch {
        this.distrust();
        if (this.redis.isDown || performance.now() >= forgottenAtMs) return;
      }
    }
  }

  private async ask(): Promise<void> {
    const { questions } = this;
    this.questions = [];
    const known = await this.read([...new Set(questions.flatMap(({ keys }) => keys))]);
    for (const { keys, answer } of questions) answer(known && keys.map((key) => known.get(key) ?? 0));
  }

  private async read(keys: readonly string[]): Promise<ReadonlyMap<string, number> | undefined> {
    if (this.now() < this.trustedFromMs) return undefined;
    try {
      const epochs = await this.redis.commands.mget(RedisEpochs.keysOf(this.redis, keys));
      return new Map(keys.map((key, index) => [key, Number(epochs[index] ?? 0)]));
    } catch {
      return undefined;
    }
  }

  private distrust(): void {
    this.trustedFromMs = this.now() + MEMORY_MS;
  }
}
