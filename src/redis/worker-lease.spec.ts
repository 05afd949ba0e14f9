import { eventually } from '../../test/support/eventually';
import { describeWithRedis, TestRedis } from '../../test/support/redis';
import { RedisConnection } from './redis-connection';
import { WorkerLease } from './worker-lease';

const OWNER_LATE_MS = 800;

describeWithRedis('worker ids', () => {
  let server: TestRedis;
  let redis: RedisConnection;
  beforeAll(async () => (server = await TestRedis.start()));
  afterAll(() => server.stop());
  beforeEach(async () => {
    redis = await RedisConnection.open(server.url, 'derailed:');
    await redis.commands.flushall();
  });
  afterEach(() => redis.close());

  it('are leased to one node each until none is left', async () => {
    redis.commands.setMaxListeners(0);
    const leases = await Promise.all(Array.from({ length: 1_024 }, () => WorkerLease.take(redis)));
    expect(new Set(leases.map((lease) => lease.current())).size).toBe(1_024);
    await expect(WorkerLease.take(redis)).rejects.toThrow('taken');
  });

  it('are not usable once the lease may have expired, and are again after a renewal', async () => {
    let now = 0;
    const lease = await WorkerLease.take(redis, () => now);
    const workerId = lease.current();
    now += 589_999;
    expect(lease.current()).toBe(workerId);
    now += 1;
    expect(lease.current()).toBeUndefined();
    await lease.renew();
    expect(lease.current()).toBe(workerId);
  });

  it('are replaced if another node has leased them', async () => {
    const lease = await WorkerLease.take(redis);
    const lost = lease.current();
    await redis.commands.set(redis.key('worker', lost), 'somebody else');
    await lease.renew();
    expect(lease.current()).not.toBe(lost);
  });

  it('are leased again from a Redis that has lost its data', async () => {
    const lease = await WorkerLease.take(redis);
    await redis.commands.flushall();
    await lease.renew();
    expect(await redis.commands.exists(redis.key('worker', lease.current()!))).toBe(1);
  });

  it('are not leased to others by a restarted Redis before their owners could lease them again', async () => {
    const owner = await WorkerLease.take(redis);
    const owned = owner.current();
    let longestDelayMs = 0;
    redis.commands.on('reconnecting', (delayMs: number) => (longestDelayMs = delayMs));
    await server.stop();
    // The owner waits longer before each attempt to reconnect, so that the newcomer is connected first.
    await eventually(() => longestDelayMs >= OWNER_LATE_MS);
    await server.start();
    const newcomer = await RedisConnection.open(server.url, 'derailed:');
    // Only that one is left.
    const others = Array.from({ length: 1_024 }, (_, id) => [newcomer.key('worker', id), 'somebody else']).filter(
      ([key]) => key !== newcomer.key('worker', owned),
    );
    await newcomer.commands.mset(...others.flat());
    try {
      await expect(WorkerLease.take(newcomer)).rejects.toThrow('taken');
      expect(owner.current()).toBe(owned);
    } finally {
      newcomer.close();
    }
  });
});
