import { availableParallelism } from 'node:os';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { PasswordQueueFull } from './auth.errors';
import { BoundedPool } from './bounded-pool';

/** argon2id with 19 MiB, 2 passes and 1 lane. @see https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

const DEFAULT_POOL_SIZE = 4;
/** Threads of libuv's pool that hashing never occupies: files, DNS and compression use the same pool. */
const RESERVED_THREADS = 2;
/** Hashes that wait for each one that runs: a queue of about three seconds. */
const QUEUE_FACTOR = 64;

/** Returns how many hashes run at once: one per core, except one core for the event loop, as far as libuv's thread pool has room. */
function hashConcurrency(): number {
  const poolSize = Number(process.env['UV_THREADPOOL_SIZE'] ?? DEFAULT_POOL_SIZE);
  return Math.max(1, Math.min(availableParallelism() - 1, poolSize - RESERVED_THREADS));
}

/**
 * Hashes passwords with argon2id and compares them, off the event loop.
 *
 * Passwords are normalized to NFC first, so that the same characters are the same password on every keyboard (NIST SP 800-63B, 3.1.1.2). One core
 * is left to the event loop, so that logins do not delay other users, and a bounded number of hashes waits.
 */
@Injectable()
export class PasswordHasher implements OnModuleInit {
  private readonly pool = new BoundedPool(
    hashConcurrency(),
    QUEUE_FACTOR * hashConcurrency(),
    () => new PasswordQueueFull(),
  );
  private decoyHash = '';

  /** Creates the hash that passwords of unknown accounts are compared with. */
  async onModuleInit(): Promise<void> {
    this.decoyHash = await this.hash('a password that no account has');
  }

  /** Returns the hash to store, in PHC string format with its salt and cost. @throws PasswordQueueFull */
  hash(password: string): Promise<string> {
    return this.pool.run(() => hash(password.normalize('NFC'), COST));
  }

  /**
   * Returns whether a password is the one of a hash. Without a hash, because the account does not exist, the result is false after the same time.
   *
   * @throws PasswordQueueFull
   */
  async matches(password: string, passwordHash: string | undefined): Promise<boolean> {
    const isRight = await this.pool.run(() => verify(passwordHash ?? this.decoyHash, password.normalize('NFC')));
    return isRight && passwordHash !== undefined;
  }
}
