import { LossyProxy } from '../../test/support/lossy-proxy';
import { eventually } from '../../test/support/eventually';
import { describeWithRedis, TestRedis } from '../../test/support/redis';
import { RedisConnection } from '../redis/redis-connection';
import { MAX_CACHE_AGE_MS } from './cache-versions';
import { VersionedCache } from './versioned-cache';
import { VERSION_TTL_MS, RedisCacheVersions } from './redis-cache-versions';

// Attempts to reconnect to Redis after which a change still waits.
const ATTEMPTS = 3;

describeWithRedis('cache versions in Redis', () => {
  let server: TestRedis;
  let redis: RedisConnection;
  let other: RedisConnection;
  let now: number;
  let cacheVersions: RedisCacheVersions;
  let theirs: RedisCacheVersions;
  beforeEach(async () => {
    server = await TestRedis.start();
    [redis, other] = await Promise.all([
      RedisConnection.open(server.url, 'derailed:'),
      RedisConnection.open(server.url, 'derailed:'),
    ]);
    now = 1_000_000;
    [cacheVersions, theirs] = [new RedisCacheVersions(redis, () => now), new RedisCacheVersions(other, () => now)];
  });
  afterEach(async () => {
    redis.close();
    other.close();
    await server.stop();
  });
  const away = async (): Promise<void> => {
    await server.stop();
    await eventually(() => !redis.isUp && !other.isUp);
  };
  const back = async (): Promise<void> => {
    await server.start();
    await eventually(() => redis.isUp && other.isUp);
  };

  it('are shared by all nodes, and change for all of them', async () => {
    expect(await cacheVersions.read(['a', 'b'])).toEqual([0, 0]);
    await theirs.bump(['a']);
    const [first] = (await cacheVersions.read(['a', 'b']))!;
    expect(await theirs.read(['b', 'a'])).toEqual([0, first]);
    await cacheVersions.bump(['b', 'a']);
    const [a, b] = (await theirs.read(['a', 'b']))!;
    expect(new Set([0, first, a]).size).toBe(3);
    expect(b).toBe(a);
  });

  it('reach the highest number in any order of concurrent updates', async () => {
    await Promise.all([cacheVersions.raiseTo('a', 2), theirs.raiseTo('a', 4), cacheVersions.raiseTo('a', 3)]);
    expect(await theirs.read(['a'])).toEqual([4]);
  });

  it('are kept for longer than any cached value', async () => {
    await cacheVersions.bump(['a']);
    const keptMs = await redis.commands.pttl(redis.key('version', 'a'));
    expect(keptMs).toBeGreaterThan(VERSION_TTL_MS - 1_000);
    expect(VERSION_TTL_MS).toBeGreaterThanOrEqual(2 * MAX_CACHE_AGE_MS);
  });

  it('are read with one command for concurrent requests, each with its own result', async () => {
    await cacheVersions.bump(['b']);
    const [[b]] = [(await cacheVersions.read(['b']))!];
    const commandsBefore = await commandsOf(redis);
    const answers = await Promise.all([
      cacheVersions.read(['a']),
      cacheVersions.read(['b', 'a']),
      cacheVersions.read(['b']),
    ]);
    expect(answers).toEqual([[0], [b, 0], [b]]);
    expect((await commandsOf(redis)) - commandsBefore).toBe(1);
  });

  it('cannot be read while Redis is down, so that nothing is cached', async () => {
    const cache = new VersionedCache(cacheVersions, 10, () => now);
    let loads = 0;
    const ask = async (): Promise<number> =>
      (await cache.getMany<[number]>({ key: 'a', versionKey: 'a', load: () => Promise.resolve((loads += 1)) }))[0];
    expect([await ask(), await ask()]).toEqual([1, 1]);
    await away();
    await cacheVersions.bump(['a']);
    expect([await ask(), await ask()]).toEqual([2, 3]);
  });

  describe('of a node that has lost Redis alone', () => {
    let wire: LossyProxy;
    let alone: RedisConnection;
    beforeEach(async () => {
      wire = await LossyProxy.to(server.url);
      alone = await RedisConnection.open(wire.url, 'derailed:');
    });
    afterEach(async () => {
      alone.close();
      await wire.close();
    });
    const cut = async (): Promise<void> => {
      wire.cut();
      await eventually(() => !alone.isUp);
    };

    it('are bumped before the change is answered, as soon as Redis is reachable', async () => {
      const mine = new RedisCacheVersions(alone);
      await cut();
      let answered = 0;
      const answer = (): void => void (answered += 1);
      const changed = Promise.all([mine.bump(['a']).then(answer), mine.raiseTo('b', 7).then(answer)]);
      await eventually(() => wire.rejected >= ATTEMPTS);
      expect([answered, await cacheVersions.read(['a', 'b'])]).toEqual([0, [0, 0]]);
      wire.mend();
      await changed;
      expect(await cacheVersions.read(['a', 'b'])).toEqual([1, 7]);
    });

    it('are not bumped after the caches of the other nodes have expired', async () => {
      const mine = new RedisCacheVersions(alone);
      await cut();
      const changedAt = performance.now();
      await mine.bump(['a']);
      expect(performance.now() - changedAt).toBeGreaterThanOrEqual(MAX_CACHE_AGE_MS);
    });
  });

  it('of a Redis that lost its data do not make outdated cached values valid again', async () => {
    const cache = new VersionedCache(theirs, 10, () => now);
    let truth = 'old';
    const ask = async (): Promise<string> =>
      (await cache.getMany<[string]>({ key: 'a', versionKey: 'a', load: () => Promise.resolve(truth) }))[0];
    expect(await ask()).toBe('old');
    truth = 'new';
    await cacheVersions.bump(['a']);
    await away();
    await back();
    expect(await ask()).toBe('new');
    now += MAX_CACHE_AGE_MS;
    expect([await ask(), await ask()]).toEqual(['new', 'new']);
    truth = 'newer';
    expect(await ask()).toBe('new');
  });
});

const commandsOf = async (redis: RedisConnection): Promise<number> => {
  const stats = await redis.commands.info('commandstats');
  return Number(/cmdstat_mget:calls=(\d+)/.exec(stats)?.[1] ?? 0);
};
