import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisConnection } from '../redis/redis-connection';
import { RedisScript } from '../redis/redis-script';
import { CacheVersions, MAX_CACHE_AGE_MS } from './cache-versions';

/**
 * Lifetime of a version in milliseconds. Every value that was cached before the version has expired by then, so a
 * missing version is read as 0.
 */
export const VERSION_TTL_MS = 2 * MAX_CACHE_AGE_MS;

const RETRY_MS = 100;

// All versions come from one counter, so that no number occurs twice in the life of a Redis.
const BUMP = new RedisScript(`
local version = redis.call('INCR', KEYS[1])
for index = 2, #KEYS do redis.call('SET', KEYS[index], version, 'PX', ARGV[1]) end
`);

const RAISE_TO = new RedisScript(`
local version = redis.call('GET', KEYS[1])
if not version or tonumber(version) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
`);

interface PendingRead {
  readonly keys: readonly string[];
  readonly resolve: (versions: readonly number[] | undefined) => void;
}

/** Cache versions of several nodes, in Redis. While Redis is unreachable, nothing is cached. */
export class RedisCacheVersions extends CacheVersions {
  /**
   * A Redis that was unreachable may have lost versions, so nothing is cached until all values cached before have
   * expired.
   */
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

  /** Returns the Redis keys of cache versions. */
  static keysOf(redis: RedisConnection, versions: readonly string[]): string[] {
    return versions.map((version) => redis.key('version', version));
  }

  // Reads the keys requested in one turn of the event loop with one command.
  override read(keys: readonly string[]): Promise<readonly number[] | undefined> {
    if (this.pendingReads.length === 0) setImmediate(() => void this.enqueueRead());
    return new Promise((resolve) => this.pendingReads.push({ keys, resolve }));
  }

  override bump(keys: readonly string[]): Promise<void> {
    return this.write(
      BUMP,
      [this.redis.key('versions'), ...RedisCacheVersions.keysOf(this.redis, keys)],
      [VERSION_TTL_MS],
    );
  }

  override raiseTo(key: string, version: number): Promise<void> {
    return this.write(RAISE_TO, RedisCacheVersions.keysOf(this.redis, [key]), [version, VERSION_TTL_MS]);
  }

  // If Redis is unreachable for this node only, other nodes continue to use values that they cached. The change is
  // therefore acknowledged only after Redis stored the version, or after all values cached before the change have
  // expired. If Redis refuses all connections, no node caches anything.
  private async write(script: RedisScript, keys: readonly string[], args: readonly number[]): Promise<void> {
    const safeAfterMs = performance.now() + MAX_CACHE_AGE_MS;
    for (;;) {
      try {
        await this.redis.run(script, keys, args);
        return;
      } catch {
        this.distrust();
        if (this.redis.isRefused || performance.now() >= safeAfterMs) return;
      }
      await sleep(RETRY_MS);
    }
  }

  private async enqueueRead(): Promise<void> {
    const { pendingReads } = this;
    this.pendingReads = [];
    const existing = await this.fetch([...new Set(pendingReads.flatMap(({ keys }) => keys))]);
    for (const { keys, resolve } of pendingReads) resolve(existing && keys.map((key) => existing.get(key) ?? 0));
  }

  private async fetch(keys: readonly string[]): Promise<ReadonlyMap<string, number> | undefined> {
    if (this.now() < this.trustedFromMs) return undefined;
    try {
      const versions = await this.redis.commands.mget(RedisCacheVersions.keysOf(this.redis, keys));
      return new Map(keys.map((key, index) => [key, Number(versions[index] ?? 0)]));
    } catch {
      return undefined;
    }
  }

  private distrust(): void {
    this.trustedFromMs = this.now() + MAX_CACHE_AGE_MS;
  }
}
