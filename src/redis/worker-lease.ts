import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_WORKER_ID } from '../common/snowflake';
import type { RedisConnection } from './redis-connection';
import { RedisScript } from './redis-script';

const LEASE_MS = 600_000;
const RENEW_EVERY_MS = 30_000;
// Milliseconds before the expiry in Redis at which a node stops using its lease, as reserve for the round trip.
const MARGIN_MS = 10_000;
// Seconds that a restarted Redis must be running before a node takes a worker id that may belong to another node:
// owners renew their leases as soon as Redis is back.
const OWNERS_FIRST_SECONDS = 5;

const TAKE = new RedisScript(`
for index = 0, ${MAX_WORKER_ID} do
  local worker = (ARGV[2] + index) % ${MAX_WORKER_ID + 1}
  if redis.call('SET', KEYS[1] .. worker, ARGV[1], 'NX', 'PX', ARGV[3]) then return worker end
end
return -1
`);

// Takes the worker id again if Redis has lost the lease; the first node to do so owns it.
const RENEW = new RedisScript(`
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`);

/**
 * Lease of a worker id that no other node uses at the same time.
 *
 * A lease is valid for ten minutes, which is how long a node can create ids while Redis is unreachable. It is never
 * released but expires, so that a node whose clock is behind does not repeat the ids of a node that has just stopped.
 */
export class WorkerLease {
  private readonly holder = randomUUID();
  private workerId = -1;
  private validUntilMs = 0;

  private constructor(
    private readonly redis: RedisConnection,
    private readonly now: () => number,
  ) {}

  /** Takes a worker id and renews its lease from then on. @throws Error if all 1,024 are taken */
  static async take(redis: RedisConnection, now: () => number = () => performance.now()): Promise<WorkerLease> {
    const lease = new WorkerLease(redis, now);
    await lease.take();
    const renew = (): void => void lease.renew().catch(() => undefined);
    setInterval(renew, RENEW_EVERY_MS).unref();
    redis.onReconnect(renew);
    return lease;
  }

  /** Returns the worker id; undefined if the lease has expired or belongs to another node. */
  current(): number | undefined {
    return this.now() < this.validUntilMs ? this.workerId : undefined;
  }

  /** Extends the lease, or takes another worker id if another node owns this one. */
  async renew(): Promise<void> {
    const askedAtMs = this.now();
    const isOurs = await this.redis.run(RENEW, [this.redis.key('worker', this.workerId)], [this.holder, LEASE_MS]);
    if (isOurs === 1) this.validUntilMs = askedAtMs + LEASE_MS - MARGIN_MS;
    else await this.take();
  }

  private async take(): Promise<void> {
    this.validUntilMs = 0;
    await this.waitForPreviousOwners();
    const askedAtMs = this.now();
    const start = Math.floor(Math.random() * (MAX_WORKER_ID + 1));
    const workerId = (await this.redis.run(
      TAKE,
      [this.redis.key('worker', '')],
      [this.holder, start, LEASE_MS],
    )) as number;
    if (workerId < 0) throw new Error('Every worker id is taken; set WORKER_ID or try again in ten minutes.');
    this.workerId = workerId;
    this.validUntilMs = askedAtMs + LEASE_MS - MARGIN_MS;
  }

  // A restarted Redis may have lost leases of nodes that still create ids.
  private async waitForPreviousOwners(): Promise<void> {
    for (;;) {
      const uptimeSeconds = Number(
        /uptime_in_seconds:(\d+)/.exec(await this.redis.commands.info('server'))?.[1] ?? OWNERS_FIRST_SECONDS,
      );
      if (uptimeSeconds >= OWNERS_FIRST_SECONDS) return;
      await sleep(1_000 * (OWNERS_FIRST_SECONDS - uptimeSeconds));
    }
  }
}
