import { describeWithRedis, TestRedis } from '../../test/support/redis';
import { RedisConnection } from '../redis/redis-connection';
import { detectGap } from './redis-log-gap';

const KEEP_MS = 60_000;

describeWithRedis('the last event that a node received', () => {
  let server: TestRedis;
  let redis: RedisConnection;
  beforeAll(async () => {
    server = await TestRedis.start();
    redis = await RedisConnection.open(server.url, 'derailed:');
  });
  beforeEach(() => redis.commands.flushall());
  afterAll(async () => {
    redis.close();
    await server.stop();
  });

  const add = async (id = '*'): Promise<string> => (await redis.commands.xadd(redis.key('log'), id, 'e', 'x'))!;
  const ids = async (): Promise<string[]> =>
    (await redis.commands.xrange(redis.key('log'), '-', '+')).map(([id]) => id);
  const agoMs = (ms: number): string => `${Date.now() - ms}-0`;

  it('is present as long as the log contains it, however old it is', async () => {
    const old = await add(agoMs(2 * KEEP_MS));
    await add();
    expect(await detectGap(redis, old, KEEP_MS)).toBe('kept');
  });

  it('was trimmed if it is old and all remaining events are younger, which is not reported as a loss', async () => {
    const young = await add();
    expect(await detectGap(redis, agoMs(2 * KEEP_MS), KEEP_MS)).toBe('trimmed');
    expect(await ids()).toEqual([young]);
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ['the log is empty', () => Promise.resolve(), agoMs(2 * KEEP_MS)],
    ['it is too young to be trimmed', () => add(), agoMs(1_000)],
    ['something older is there', () => add(agoMs(3 * KEEP_MS)), agoMs(2 * KEEP_MS)],
  ])('was lost if %s, which is reported once', async (_, given, heard) => {
    await given();
    const before = await ids();
    const trace = await detectGap(redis, heard, KEEP_MS);
    expect(trace).toEqual({ lostAt: (await ids()).at(-1) });
    await add();
    expect(await detectGap(redis, heard, KEEP_MS)).toEqual(trace);
    expect(await ids()).toHaveLength(before.length + 2);
  });

  it('comes before the seq at which its loss is reported, although the clock was set back', async () => {
    const heard = `${Date.now() + KEEP_MS}-7`;
    const lostAt = heard.replace('-7', '-8');
    expect(await detectGap(redis, heard, KEEP_MS)).toEqual({ lostAt });
    expect(await ids()).toEqual([lostAt]);
    // Somebody else had heard more.
    expect(await detectGap(redis, lostAt.replace('-8', '-20'), KEEP_MS)).toEqual({
      lostAt: heard.replace('-7', '-21'),
    });
  });
});
