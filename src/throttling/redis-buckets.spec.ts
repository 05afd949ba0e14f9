import fc from 'fast-check';
import { eventually } from '../../test/support/eventually';
import { describeWithRedis, TestRedis } from '../../test/support/redis';
import { RedisConnection } from '../redis/redis-connection';
import { type BucketState, hit } from './bucket';
import { BucketThrottlerStorage } from './bucket-throttler-storage';
import { bucketScript, RedisBuckets } from './redis-buckets';

const rules = fc.record({ limit: fc.integer({ min: 1, max: 10 }), windowMs: fc.integer({ min: 1, max: 100 }) });
const knocks = fc.array(
  fc.record({ afterMs: fc.integer({ min: -20, max: 40 }), weight: fc.integer({ min: 0, max: 12 }) }),
  { maxLength: 40 },
);
// So far ahead that Redis, whose own clock decides when it forgets, forgets nothing on the way.
const START_MS = Date.now() + 86_400_000;

describeWithRedis('buckets in Redis', () => {
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

  it('equal the pure function for any sequence of hits and clock changes', async () => {
    let nowMs = START_MS;
    const script = bucketScript('tonumber(ARGV[4])');
    let count = 0;
    await fc.assert(
      fc.asyncProperty(rules, knocks, async (rule, list) => {
        count += 1;
        nowMs = START_MS;
        let state: BucketState | undefined;
        for (const { afterMs, weight } of list) {
          nowMs += afterMs;
          const buckets = new RedisBuckets(
            Object.create(redis, {
              run: { value: (_: unknown, keys: string[], args: number[]) => redis.run(script, keys, [...args, nowMs]) },
            }) as RedisConnection,
          );
          const { state: after, ...expected } = hit(state, rule, nowMs, weight);
          state = after;
          expect(await buckets.hit(`k${count}`, rule, weight)).toEqual(expected);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('are shared by all nodes, and expire by the clock of Redis', async () => {
    const other = await RedisConnection.open(server.url, 'derailed:');
    const [ours, theirs] = [new RedisBuckets(redis), new RedisBuckets(other)];
    const rule = { limit: 2, windowMs: 2_000 };
    expect(
      [await ours.hit('a', rule), await theirs.hit('a', rule), await ours.hit('a', rule)].map(({ allowed }) => allowed),
    ).toEqual([true, true, false]);
    expect((await theirs.peek('a', rule)).resetMs).toBeGreaterThan(0);
    await eventually(async () => expect(await redis.commands.exists(redis.key('bucket', 'a'))).toBe(0));
    expect((await theirs.hit('a', rule, 2)).allowed).toBe(true);
    other.close();
  });

  it('have no limit if the limit is 0', async () =>
    expect(await new RedisBuckets(redis).hit('a', { limit: 0, windowMs: 1_000 }, 99)).toMatchObject({
      allowed: true,
      remaining: Infinity,
    }));

  it('are counted by each node alone while Redis is down', async () => {
    const buckets = new RedisBuckets(redis);
    const storage = new BucketThrottlerStorage(new RedisBuckets(redis));
    await server.stop();
    const rule = { limit: 2, windowMs: 60_000 };
    const allowed = [await buckets.hit('a', rule), await buckets.hit('a', rule), await buckets.hit('a', rule)].map(
      (result) => result.allowed,
    );
    expect(allowed).toEqual([true, true, false]);
    const counted = [];
    for (let n = 0; n < 3; n += 1) counted.push((await storage.increment('a', 60_000, 2, 0, 'user')).totalHits);
    expect(counted).toEqual([1, 2, 3]);
  });

  it('are shared again when Redis is back, also if it has lost them', async () => {
    const other = await RedisConnection.open(server.url, 'derailed:');
    const [ours, theirs] = [new RedisBuckets(redis), new RedisBuckets(other)];
    const rule = { limit: 2, windowMs: 600_000 };
    for (const buckets of [ours, ours, ours]) await buckets.hit('a', rule);
    await server.stop();
    expect((await ours.hit('a', rule)).allowed).toBe(true);
    await server.start();
    await eventually(() => redis.isUp && other.isUp);
    expect(
      [
        await ours.hit('a', rule),
        await theirs.hit('a', rule),
        await ours.hit('a', rule),
        await theirs.hit('a', rule),
      ].map(({ allowed }) => allowed),
    ).toEqual([true, true, false, false]);
    other.close();
  });

  it('count REST requests of all nodes together and reject those beyond the limit', async () => {
    const other = await RedisConnection.open(server.url, 'derailed:');
    const [ours, theirs] = [
      new BucketThrottlerStorage(new RedisBuckets(redis)),
      new BucketThrottlerStorage(new RedisBuckets(other)),
    ];
    const counted = [];
    for (let n = 0; n < 5; n += 1)
      counted.push((await (n % 2 ? ours : theirs).increment('a', 60_000, 2, 0, 'user')).totalHits);
    expect(counted).toEqual([1, 2, 3, 3, 3]);
    other.close();
  });
});
