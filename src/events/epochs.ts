import type { Eventually } from '../common/eventually';
import type { Snowflake } from '../common/snowflake';

/**
 * Numbers that change when something remembered is no longer true.
 *
 * Who remembers reads the epochs **before** asking the database, and keeps the answer only for as long as they stay the same;
 * who changes something advances them after the write and before the response. So a request that starts after a change
 * was answered never sees what was before it, on any node.
 */
export abstract class Epochs {
  /** The epochs as they are now, in the order of the keys, at once when this node knows them; undefined when nobody can tell, and then nothing may be remembered. */
  abstract current(keys: readonly string[]): Eventually<readonly number[] | undefined>;

  /** Starts new epochs. */
  abstract advance(keys: readonly string[]): Promise<void>;

  /** Starts the epoch of this number, unless a later one has begun. For what has versions: then the order in which nodes tell doesn't matter. */
  abstract reach(key: string, epoch: number): Promise<void>;
}

/** How long anything may be remembered at all, whatever its epoch says. */
export const MEMORY_MS = 10_000;

/** Of a guild's document, its order and its layout. Its number is the guild's version. */
export const guildEpoch = (guildId: Snowflake): string => `guild:${guildId}`;
/** Of what a guild's roles say. */
export const rolesEpoch = (guildId: Snowflake): string => `roles:${guildId}`;
/** Of what a guild's tracks say. */
export const tracksEpoch = (guildId: Snowflake): string => `tracks:${guildId}`;
export const memberEpoch = (guildId: Snowflake, userId: Snowflake): string => `member:${guildId}:${userId}`;
export const userEpoch = (userId: Snowflake): string => `user:${userId}`;

/** The epochs of a single node, in its memory. */
export class LocalEpochs extends Epochs {
  private readonly epochs = new Map<string, { epoch: number; advancedAtMs: number }>();
  private last = 0;

  constructor(private readonly now: () => number = Date.now) {
    super();
  }

  override current(keys: readonly string[]): readonly number[] {
    return keys.map((key) => this.epochs.get(key)?.epoch ?? 0);
  }

  override advance(keys: readonly string[]): Promise<void> {
    this.forgetOld();
    this.last += 1;
    for (const key of keys) this.start(key, this.last);
    return Promise.resolve();
  }

  override reach(key: string, epoch: number): Promise<void> {
    this.forgetOld();
    if (epoch > (this.epochs.get(key)?.epoch ?? 0)) this.start(key, epoch);
    return Promise.resolve();
  }

  private start(key: string, epoch: number): void {
    this.epochs.delete(key);
    this.epochs.set(key, { epoch, advancedAtMs: this.now() });
  }

  // Whatever was remembered before an epoch that started longer ago than memories last is forgotten by now, so 0 says enough.
  private forgetOld(): void {
    const oldestMs = this.now() - 2 * MEMORY_MS;
    for (const [key, { advancedAtMs }] of this.epochs) {
      if (advancedAtMs > oldestMs) return;
      this.epochs.delete(key);
    }
  }
}
