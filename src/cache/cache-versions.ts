import type { MaybePromise } from '../common/maybe-promise';
import type { Snowflake } from '../common/snowflake';

/**
 * Numbers that change when something remembered is no longer true.
 *
 * Who remembers reads the epochs **before** asking the database, and keeps the answer only for as long as they stay the same;
 * who changes something advances them after the write and before the response. So a request that starts after a change
 * was answered never sees what was before it, on any node.
 */
export abstract class CacheVersions {
  /** The epochs as they are now, in the order of the keys, at once when this node knows them; undefined when nobody can tell, and then nothing may be remembered. */
  abstract read(keys: readonly string[]): MaybePromise<readonly number[] | undefined>;

  /** Starts new epochs. */
  abstract bump(keys: readonly string[]): Promise<void>;

  /** Starts the epoch of this number, unless a later one has begun. For what has versions: then the order in which nodes tell doesn't matter. */
  abstract raiseTo(key: string, epoch: number): Promise<void>;
}

/** How long anything may be remembered at all, whatever its epoch says. */
export const MAX_CACHE_AGE_MS = 10_000;

/** Of a guild's document, its order and its layout. Its number is the guild's version. */
export const guildVersionKey = (guildId: Snowflake): string => `guild:${guildId}`;
/** Of what a guild's roles say. */
export const rolesVersionKey = (guildId: Snowflake): string => `roles:${guildId}`;
/** Of what a guild's tracks say. */
export const tracksVersionKey = (guildId: Snowflake): string => `tracks:${guildId}`;
export const memberVersionKey = (guildId: Snowflake, userId: Snowflake): string => `member:${guildId}:${userId}`;
export const userVersionKey = (userId: Snowflake): string => `user:${userId}`;

/** The epochs of a single node, in its memory. */
export class InMemoryCacheVersions extends CacheVersions {
  private readonly versions = new Map<string, { epoch: number; advancedAtMs: number }>();
  private last = 0;

  constructor(private readonly now: () => number = Date.now) {
    super();
  }

  override read(keys: readonly string[]): readonly number[] {
    return keys.map((key) => this.versions.get(key)?.epoch ?? 0);
  }

  override bump(keys: readonly string[]): Promise<void> {
    this.deleteExpired();
    this.last += 1;
    for (const key of keys) this.start(key, this.last);
    return Promise.resolve();
  }

  override raiseTo(key: string, epoch: number): Promise<void> {
    this.deleteExpired();
    if (epoch > (this.versions.get(key)?.epoch ?? 0)) this.start(key, epoch);
    return Promise.resolve();
  }

  private start(key: string, epoch: number): void {
    this.versions.delete(key);
    this.versions.set(key, { epoch, advancedAtMs: this.now() });
  }

  // Whatever was remembered before an epoch that started longer ago than memories last is forgotten by now, so 0 says enough.
  private deleteExpired(): void {
    const oldestMs = this.now() - 2 * MAX_CACHE_AGE_MS;
    for (const [key, { advancedAtMs }] of this.versions) {
      if (advancedAtMs > oldestMs) return;
      this.versions.delete(key);
    }
  }
}
