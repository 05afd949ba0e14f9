import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_WORKER_ID } from '../common/snowflake';
import type { RedisConnection } from './redis-connection';
import { RedisScript } from './redis-script';

const LEASE_MS = 600_000;
const RENEW_EVERY_MS = 30_000;
// So much earlier than Redis does a node stop believing in its own lease, whatever a round trip took.
const MARGIN_MS = 10_000;
// So long does a Redis that has started have to run before anybody takes what may be somebody's: who has one takes it again as soon as Redis is back.
const OWNERS_FIRST_SECONDS = 5;

const TAKE = new RedisScript(`
for index = 0, ${MAX_WORKER_ID} do
  local worker = (ARGV[2] + index) % ${MAX_WORKER_ID + 1}
  if redis.call('SET', KEYS[1] .. worker, ARGV[1], 'NX', 'PX', ARGV[3]) then return worker end
end
return -1
`);

// One that Redis has forgotten is taken again: whoever takes it first has it.
const RENEW = new RedisScript(`
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
`);

/**
 * The worker id of this node, that no other node has at the same time.
 *
 * It is leased for ten minutes at a time, which is how long ids can be made while Redis is away. It is never given back but runs out, so
 * that a node with a slower clock doesn't make the ids of one that has just stopped.
 */
export class WorkerLease {
  private readonly holder = randomUUID();
  private workerId = -1;
  private validUntilMs = 0;

  private constructor(
    private readonly redis: RedisConnection,
    private readonly now: () => number,
  ) {}

  /** Takes a worker id, and keeps it from then on. @throws when all 1,024 are taken */
  static async take(redis: RedisConnection, now: () => number = () => performance.now()): Promise<WorkerLease> {
    const lease = new WorkerLease(redis, now);
    await lease.take();
    const renew = (): void => void lease.renew().catch(() => undefined);
    setInterval(renew, RENEW_EVERY_MS).unref();
    redis.onReconnect(renew);
    return lease;
  }

  /** The worker id; undefined when the lease ran out, or another node has it. */
  current(): number | undefined {
    return this.now() < this.validUntilMs ? this.workerId : undefined;
  }

  /** Holds the worker id for longer, or takes another when it is somebody else's by now. */
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

  // A Redis that was restarted may have forgotten who has which, while they go on making ids.
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
