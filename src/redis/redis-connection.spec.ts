import { eventually } from '../../test/support/eventually';
import { describeWithRedis, TestRedis } from '../../test/support/redis';
import { RedisConnection } from './redis-connection';
import { RedisScript } from './redis-script';

// A Redis that doesn't answer is waited for three times as long.
const AT_ONCE_MS = 1_000;

describeWithRedis('the connection to Redis', () => {
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

  it('runs scripts that Redis has and has not cached', async () => {
    const double = new RedisScript(`return ARGV[1] * 2`);
    expect([await redis.run(double, [], [4]), await redis.run(double, [], [5])]).toEqual([8, 10]);
    await redis.commands.script('FLUSH');
    expect(await redis.run(double, [], [6])).toBe(12);
  });

  it('prefixes its keys', () => expect(redis.key('worker', 7)).toBe('derailed:worker:7'));

  it('rejects commands at once while Redis is down, and works again when it is back', async () => {
    await server.stop();
    await eventually(() => !redis.isUp);
    const askedAt = performance.now();
    await expect(redis.commands.get('a')).rejects.toThrow();
    expect(performance.now() - askedAt).toBeLessThan(AT_ONCE_MS);
    await server.start();
    await eventually(() => redis.isUp);
    expect(await redis.commands.set('a', 1)).toBe('OK');
  });

  it('is closed if Redis does not answer, so that only the first command waits', async () => {
    server.freeze();
    await expect(redis.commands.get('a')).rejects.toThrow();
    const askedAt = performance.now();
    await expect(redis.commands.get('a')).rejects.toThrow();
    expect(performance.now() - askedAt).toBeLessThan(AT_ONCE_MS);
    server.thaw();
    await eventually(() => redis.isUp);
  });

  it('is rejected without a Redis, with the address and without the password in the error', async () => {
    await server.stop();
    await expect(RedisConnection.open(server.url.replace('//', '//user:secret@'), '')).rejects.toThrow(
      /^(?!.*secret).*127\.0\.0\.1:\d+, can't be reached: .*ECONNREFUSED/,
    );
  });
});
