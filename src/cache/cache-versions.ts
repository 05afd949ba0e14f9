import type { MaybePromise } from '../common/maybe-promise';
import type { Snowflake } from '../common/snowflake';

/**
 * Versions of cached data: numbers that change when the data changes.
 *
 * A reader gets the versions **before** it queries the database, and uses the cached result only while the versions
 * stay the same. A writer bumps the versions after the write and before the response. Therefore a request that starts
 * after a change was acknowledged never gets older data, on any node.
 *
 * @see docs/decisions/cache.md
 */
export abstract class CacheVersions {
  /**
   * Returns the current versions in the order of the keys, synchronously if this node stores them; undefined if they
   * cannot be read. Nothing may be cached then.
   */
  abstract read(keys: readonly string[]): MaybePromise<readonly number[] | undefined>;

  /** Changes the versions of these keys to new numbers. */
  abstract bump(keys: readonly string[]): Promise<void>;

  /**
   * Raises the version of a key to a number, unless the version is higher already. For data with a version of its own:
   * the order in which nodes report versions does not matter.
   */
  abstract raiseTo(key: string, version: number): Promise<void>;
}

/** Maximum age of a cached value in milliseconds, whatever its version. */
export const MAX_CACHE_AGE_MS = 10_000;

/** Key of a guild's document, with its role order and track layout. The cache version equals the guild's `version`. */
export const guildVersionKey = (guildId: Snowflake): string => `guild:${guildId}`;
/** Key of the documents of a guild's roles. */
export const rolesVersionKey = (guildId: Snowflake): string => `roles:${guildId}`;
/** Key of the documents of a guild's tracks. */
export const tracksVersionKey = (guildId: Snowflake): string => `tracks:${guildId}`;
export const memberVersionKey = (guildId: Snowflake, userId: Snowflake): string => `member:${guildId}:${userId}`;
export const userVersionKey = (userId: Snowflake): string => `user:${userId}`;

/** Cache versions of a single node, in memory. */
export class InMemoryCacheVersions extends CacheVersions {
  private readonly versions = new Map<string, { version: number; changedAtMs: number }>();
  private last = 0;

  constructor(private readonly now: () => number = Date.now) {
    super();
  }

  override read(keys: readonly string[]): readonly number[] {
    return keys.map((key) => this.versions.get(key)?.version ?? 0);
  }

  override bump(keys: readonly string[]): Promise<void> {
    this.deleteExpired();
    this.last += 1;
    for (const key of keys) this.start(key, this.last);
    return Promise.resolve();
  }

  override raiseTo(key: string, version: number): Promise<void> {
    this.deleteExpired();
    if (version > (this.versions.get(key)?.version ?? 0)) this.start(key, version);
    return Promise.resolve();
  }

  private start(key: string, version: number): void {
    this.versions.delete(key);
    this.versions.set(key, { version, changedAtMs: this.now() });
  }

  // A missing version is read as 0. That is safe for a version that is older than every cached value.
  private deleteExpired(): void {
    const oldestMs = this.now() - 2 * MAX_CACHE_AGE_MS;
    for (const [key, { changedAtMs }] of this.versions) {
      if (changedAtMs > oldestMs) return;
      this.versions.delete(key);
    }
  }
}
