import { describeWithRedis, TestRedis } from '../../test/support/redis';
import { ServiceUnavailable } from '../common/common.errors';
import { RedisConnection } from './redis-connection';
import { WorkerLease } from './worker-lease';

describeWithRedis('worker ids', () => {
  let server: TestRedis;
  let redis: RedisConnection;
  beforeEach(async () => {
    server = await TestRedis.start();
    redis = await RedisConnection.open(server.url, 'derailed:');
  });
  afterEach(async () => {
    redis.close();
    await server.stop();
  });

  it('are had by one node each, until there are none left', async () => {
    redis.commands.setMaxListeners(0);
    const leases = await Promise.all(Array.from({ length: 1_024 }, () => WorkerLease.take(redis)));
    expect(new Set(leases.map((lease) => lease.current())).size).toBe(1_024);
    await expect(WorkerLease.take(redis)).rejects.toThrow('taken');
  });

  it('make no ids once the lease may have run out, and do again when it is renewed', async () => {
    let now = 0;
    const lease = await WorkerLease.take(redis, () => now);
    const workerId = lease.current();
    now += 589_999;
    expect(lease.current()).toBe(workerId);
    now += 1;
    expect(() => lease.current()).toThrow(ServiceUnavailable);
    await lease.renew();
    expect(lease.current()).toBe(workerId);
  });

  it('are given up for another when somebody else has it', async () => {
    const lease = await WorkerLease.take(redis);
    const lost = lease.current();
    await redis.commands.set(redis.key('worker', lost), 'somebody else');
    await lease.renew();
    expect(lease.current()).not.toBe(lost);
  });

  it('are taken again from a Redis that forgot them', async () => {
    const lease = await WorkerLease.take(redis);
    await redis.commands.flushall();
    await lease.renew();
    expect(await redis.commands.exists(redis.key('worker', lease.current()))).toBe(1);
  });
});
