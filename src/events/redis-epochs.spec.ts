import { CutWire } from '../../test/support/cut-wire';
import { describeWithRedis, TestRedis } from '../../test/support/redis';
import { RedisConnection } from '../redis/redis-connection';
import { MEMORY_MS } from './epochs';
import { Memory } from './memory';
import { EPOCH_MS, RedisEpochs } from './redis-epochs';

describeWithRedis('the epochs in Redis', () => {
  let server: TestRedis;
  let redis: RedisConnection;
  let other: RedisConnection;
  let now: number;
  let epochs: RedisEpochs;
  let theirs: RedisEpochs;
  beforeEach(async () => {
    server = await TestRedis.start();
    [redis, other] = await Promise.all([RedisConnection.open(server.url, 'derailed:'), RedisConnection.open(server.url, 'derailed:')]);
    now = 1_000_000;
    [epochs, theirs] = [new RedisEpochs(redis, () => now), new RedisEpochs(other, () => now)];
  });
  afterEach(async () => {
    redis.close();
    other.close();
    await server.stop();
  });
  const away = async (): Promise<void> => {
    await server.stop();
    while (redis.isUp || other.isUp) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const back = async (): Promise<void> => {
    await server.start();
    while (!redis.isUp || !other.isUp) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise(setImmediate);
  };

  it('are the same for all nodes, and end for all of them', async () => {
    expect(await epochs.current(['a', 'b'])).toEqual([0, 0]);
    await theirs.advance(['a']);
    const [first] = (await epochs.current(['a', 'b']))!;
    expect(await theirs.current(['b', 'a'])).toEqual([0, first]);
    await epochs.advance(['b', 'a']);
    const [a, b] = (await theirs.current(['a', 'b']))!;
    expect(new Set([0, first, a]).size).toBe(3);
    expect(b).toBe(a);
  });

  it('reach a number in whatever order the nodes tell of it', async () => {
    await Promise.all([epochs.reach('a', 2), theirs.reach('a', 4), epochs.reach('a', 3)]);
    expect(await theirs.current(['a'])).toEqual([4]);
  });

  it('are kept for longer than anything is remembered', async () => {
    await epochs.advance(['a']);
    const keptMs = await redis.commands.pttl(redis.key('epoch', 'a'));
    expect(keptMs).toBeGreaterThan(EPOCH_MS - 1_000);
    expect(EPOCH_MS).toBeGreaterThanOrEqual(2 * MEMORY_MS);
  });

  it('are asked for together, each question with its own answer', async () => {
    await epochs.advance(['b']);
    const [[b]] = [(await epochs.current(['b']))!];
    const commandsBefore = await commandsOf(redis);
    const answers = await Promise.all([epochs.current(['a']), epochs.current(['b', 'a']), epochs.current(['b'])]);
    expect(answers).toEqual([[0], [b, 0], [b]]);
    expect((await commandsOf(redis)) - commandsBefore).toBe(1);
  });

  it('are not known while Redis is away, so that nothing is remembered', async () => {
    const memory = new Memory(epochs, 10, () => now);
    let loads = 0;
    const ask = async (): Promise<number> => (await memory.recall<[number]>({ key: 'a', epoch: 'a', load: () => Promise.resolve((loads += 1)) }))[0];
    expect([await ask(), await ask()]).toEqual([1, 1]);
    await away();
    await epochs.advance(['a']);
    expect([await ask(), await ask()]).toEqual([2, 3]);
  });

  describe('of a node that alone has lost Redis', () => {
    let wire: CutWire;
    let alone: RedisConnection;
    beforeEach(async () => {
      wire = await CutWire.to(server.url);
      alone = await RedisConnection.open(wire.url, 'derailed:');
    });
    afterEach(async () => {
      alone.close();
      await wire.close();
    });
    const cut = async (): Promise<void> => {
      wire.cut();
      while (alone.isUp) await new Promise((resolve) => setTimeout(resolve, 5));
    };

    it('begin before what it changed is answered: as soon as Redis can be told', async () => {
      const mine = new RedisEpochs(alone);
      await cut();
      let answered = 0;
      const answer = (): void => void (answered += 1);
      const changed = Promise.all([mine.advance(['a']).then(answer), mine.reach('b', 7).then(answer)]);
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect([answered, await epochs.current(['a', 'b'])]).toEqual([0, [0, 0]]);
      wire.mend();
      await changed;
      expect(await epochs.current(['a', 'b'])).toEqual([1, 7]);
    });

    it('need not begin when the others have forgotten by themselves', async () => {
      const mine = new RedisEpochs(alone);
      await cut();
      const changedAt = performance.now();
      await mine.advance(['a']);
      expect(performance.now() - changedAt).toBeGreaterThanOrEqual(MEMORY_MS);
    });
  });

  it('of a Redis that forgot everything bring back nothing that was remembered before', async () => {
    const memory = new Memory(theirs, 10, () => now);
    let truth = 'old';
    const ask = async (): Promise<string> => (await memory.recall<[string]>({ key: 'a', epoch: 'a', load: () => Promise.resolve(truth) }))[0];
    expect(await ask()).toBe('old');
    truth = 'new';
    await epochs.advance(['a']);
    await away();
    await back();
    expect(await ask()).toBe('new');
    now += MEMORY_MS;
    expect([await ask(), await ask()]).toEqual(['new', 'new']);
    truth = 'newer';
    expect(await ask()).toBe('new');
  });
});

const commandsOf = async (redis: RedisConnection): Promise<number> => {
  const stats = await redis.commands.info('commandstats');
  return Number(/cmdstat_mget:calls=(\d+)/.exec(stats)?.[1] ?? 0);
};
