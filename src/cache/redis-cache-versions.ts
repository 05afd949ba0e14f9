import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisConnection } from '../redis/redis-connection';
import { RedisScript } from '../redis/redis-script';
import { CacheVersions, MAX_CACHE_AGE_MS } from './cache-versions';

/** How long an epoch is kept. Whatever was remembered before it is forgotten by then, so that none at all, 0, says enough. */
export const VERSION_TTL_MS = 2 * MAX_CACHE_AGE_MS;

const RETRY_MS = 100;

// Numbers of one counter, so that none ever comes back while this Redis knows it.
const BUMP = new RedisScript(`
local epoch = redis.call('INCR', KEYS[1])
for index = 2, #KEYS do redis.call('SET', KEYS[index], epoch, 'PX', ARGV[1]) end
`);

const RAISE_TO = new RedisScript(`
local epoch = redis.call('GET', KEYS[1])
if not epoch or tonumber(epoch) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
`);

interface PendingRead {
  readonly keys: readonly string[];
  readonly answer: (epochs: readonly number[] | undefined) => void;
}

/** The epochs of several nodes, in Redis. While it is away nothing is remembered. */
export class RedisCacheVersions extends CacheVersions {
  /** A Redis that was away may have forgotten epochs: what is remembered from before is given the time to be forgotten too. */
  private trustedFromMs = 0;
  private pendingReads: PendingRead[] = [];

  constructor(
    private readonly redis: RedisConnection,
    private readonly now: () => number = Date.now,
  ) {
    super();
    redis.onDisconnect(() => (this.trustedFromMs = Infinity));
    redis.onReconnect(() => this.distrust());
  }

  /** The keys under which Redis has these epochs. */
  static keysOf(redis: RedisConnection, epochs: readonly string[]): string[] {
    return epochs.map((epoch) => redis.key('epoch', epoch));
  }

  // What is asked for in one go of the event loop is asked with one command, sent when all of it was asked for.
  override read(keys: readonly string[]): Promise<readonly number[] | undefined> {
    if (this.pendingReads.length === 0) setImmediate(() => void this.enqueueRead());
    return new Promise((answer) => this.pendingReads.push({ keys, answer }));
  }

  override bump(keys: readonly string[]): Promise<void> {
    return this.write(
      BUMP,
      [this.redis.key('epochs'), ...RedisCacheVersions.keysOf(this.redis, keys)],
      [VERSION_TTL_MS],
    );
  }

  override raiseTo(key: string, epoch: number): Promise<void> {
    return this.write(RAISE_TO, RedisCacheVersions.keysOf(this.redis, [key]), [epoch, VERSION_TTL_MS]);
  }

  // When it may be this node alone that can't reach Redis, the others go on remembering what was; then the change isn't answered before Redis
  // was told, or they have forgotten. When Redis is down for all, they remember nothing.
  private async write(script: RedisScript, keys: readonly string[], args: readonly number[]): Promise<void> {
    for (const forgottenAtMs = performance.now() + MAX_CACHE_AGE_MS; ; await sleep(RETRY_MS)) {
      try {
        await this.redis.run(script, keys, args);
        return;
      } catch {
        this.distrust();
        if (this.redis.isRefused || performance.now() >= forgottenAtMs) return;
      }
    }
  }

  private async enqueueRead(): Promise<void> {
    const { pendingReads } = this;
    this.pendingReads = [];
    const existing = await this.fetch([...new Set(pendingReads.flatMap(({ keys }) => keys))]);
    for (const { keys, answer } of pendingReads) answer(existing && keys.map((key) => existing.get(key) ?? 0));
  }

  private async fetch(keys: readonly string[]): Promise<ReadonlyMap<string, number> | undefined> {
    if (this.now() < this.trustedFromMs) return undefined;
    try {
      const epochs = await this.redis.commands.mget(RedisCacheVersions.keysOf(this.redis, keys));
      return new Map(keys.map((key, index) => [key, Number(epochs[index] ?? 0)]));
    } catch {
      return undefined;
    }
  }

  private distrust(): void {
    this.trustedFromMs = this.now() + MAX_CACHE_AGE_MS;
  }
}
