import { describeWithRedis, TestRedis } from '../../test/support/redis';
import { RedisConnection } from '../redis/redis-connection';
import { RedisNodeRegistry } from './redis-node-registry';

// Long enough that a busy machine's pauses don't look like a crash: all of these nodes are in one process.
const TIMES = { everyMs: 100, aliveMs: 1_500 };

interface Node {
  readonly redis: RedisConnection;
  readonly nodes: RedisNodeRegistry;
  /** Those whom it has taken over from. */
  readonly heirTo: string[];
  /** Those of them who may not have told everything. */
  readonly unheard: string[];
  /** The names that it had to give up. */
  readonly oldNames: string[];
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const until = async (holds: () => boolean): Promise<void> => {
  for (const deadline = Date.now() + 10_000; !holds();) {
    if (Date.now() > deadline) throw new Error('It never came to that.');
    await sleep(5);
  }
};

describeWithRedis('nodes', () => {
  let server: TestRedis;
  let all: Node[];
  let errors: unknown[];
  beforeEach(async () => {
    server = await TestRedis.start();
    [all, errors] = [[], []];
  });
  afterEach(async () => {
    for (const node of all) crash(node);
    await server.stop();
  });

  const join = async (
    onGone: (nodeId: string) => Promise<void> = () => Promise.resolve(),
    times = TIMES,
  ): Promise<Node> => {
    const redis = await RedisConnection.open(server.url, 'derailed:');
    const node: Node = {
      redis,
      nodes: await RedisNodeRegistry.join(redis, (error) => errors.push(error), times),
      heirTo: [],
      unheard: [],
      oldNames: [],
    };
    let name = node.nodes.id;
    node.nodes.onReidentified(() => {
      node.oldNames.push(name);
      name = node.nodes.id;
    });
    node.nodes.onNodeDown(async ({ id, mayHaveUnpublishedEvents }) => {
      await onGone(id);
      node.heirTo.push(id);
      if (mayHaveUnpublishedEvents) node.unheard.push(id);
    });
    node.nodes.startFailover();
    all.push(node);
    return node;
  };
  /** From then on nothing is heard of it. */
  const crash = ({ redis }: Node): void => redis.close();
  const seeEachOther = (...nodes: readonly Node[]): Promise<void> =>
    until(() =>
      nodes.every(
        ({ nodes: { aliveIds } }) =>
          aliveIds.length === nodes.length && nodes.every((other) => aliveIds.includes(other.nodes.id)),
      ),
    );

  it('know each other', async () => {
    const [one, other, third] = [await join(), await join(), await join()];
    await seeEachOther(one, other, third);
    await sleep(2 * TIMES.aliveMs);
    expect(all.map(({ heirTo, oldNames }) => [heirTo, oldNames])).toEqual([
      [[], []],
      [[], []],
      [[], []],
    ]);
  });

  it('are gone a while after a crash, and one of the others takes over, once', async () => {
    const [one, other, third] = [await join(), await join(), await join()];
    await seeEachOther(one, other, third);
    crash(third);
    await seeEachOther(one, other);
    await until(() => one.heirTo.length + other.heirTo.length > 0);
    await sleep(2 * TIMES.aliveMs);
    expect([...one.heirTo, ...other.heirTo]).toEqual([third.nodes.id]);
    expect([...one.unheard, ...other.unheard]).toEqual([]);
  });

  it('are gone at once when they say goodbye', async () => {
    const [one, other] = [await join(), await join()];
    await seeEachOther(one, other);
    const leftAt = performance.now();
    await other.nodes.leave();
    await until(() => one.heirTo.length > 0);
    expect(performance.now() - leftAt).toBeLessThan(TIMES.aliveMs / 2);
    expect(one.nodes.aliveIds).toEqual([one.nodes.id]);
  });

  it('are taken over from by the next one that starts, when none is left', async () => {
    const one = await join();
    const { id } = one.nodes;
    crash(one);
    await sleep(TIMES.aliveMs);
    const next = await join();
    await until(() => next.heirTo.length > 0);
    expect(next.heirTo).toEqual([id]);
  });

  it('take over from who was about to take over and has crashed too', async () => {
    const stuck = await join(() => new Promise(() => undefined));
    const gone = await join();
    await seeEachOther(stuck, gone);
    crash(gone);
    await until(() => stuck.nodes.aliveIds.length === 1);
    const third = await join();
    await sleep(2 * TIMES.everyMs);
    expect(third.heirTo).toEqual([]);
    crash(stuck);
    await until(() => third.heirTo.length === 2);
    expect(third.heirTo.toSorted()).toEqual([gone.nodes.id, stuck.nodes.id].toSorted());
  });

  it('try again what failed, until it is done', async () => {
    let attempts = 0;
    const one = await join(() => ((attempts += 1) < 3 ? Promise.reject(new Error('not yet')) : Promise.resolve()));
    const gone = await join();
    crash(gone);
    await until(() => one.heirTo.length > 0);
    await sleep(3 * TIMES.everyMs);
    expect([attempts, errors.length]).toEqual([3, 2]);
  });

  it('have another name when they were taken for gone, so that nobody cleans up what is theirs', async () => {
    const one = await join();
    const stalled = await join(undefined, { ...TIMES, everyMs: 3 * TIMES.aliveMs });
    const { id } = stalled.nodes;
    await until(() => stalled.oldNames.length > 0);
    await until(() => one.heirTo.length > 0);
    expect([one.heirTo[0], stalled.oldNames[0], one.oldNames]).toEqual([id, id, []]);
    expect(stalled.nodes.aliveIds.toSorted()).toEqual([one.nodes.id, stalled.nodes.id].toSorted());
    expect(stalled.nodes.id).not.toBe(id);
  });

  it('take nobody for gone when it was Redis that was away', async () => {
    const [one, other] = [await join(), await join()];
    await seeEachOther(one, other);
    await server.stopKeeping();
    await sleep(3 * TIMES.aliveMs);
    await server.start();
    await until(() => one.redis.isUp && other.redis.isUp);
    await sleep(2 * TIMES.aliveMs);
    expect(all.map(({ heirTo, oldNames }) => [heirTo, oldNames])).toEqual([
      [[], []],
      [[], []],
    ]);
    await seeEachOther(one, other);
  });

  it('tell who went while Redis was away, since nobody knows what they could not tell', async () => {
    const [one, other, gone] = [await join(), await join(), await join()];
    await seeEachOther(one, other, gone);
    await server.stopKeeping();
    crash(gone);
    await sleep(TIMES.aliveMs);
    await server.start();
    await until(() => one.unheard.length + other.unheard.length > 0);
    expect([...one.heirTo, ...other.heirTo, ...one.unheard, ...other.unheard]).toEqual([gone.nodes.id, gone.nodes.id]);
    // And only then: who crashes later was heard meanwhile.
    crash(other);
    await until(() => one.heirTo.includes(other.nodes.id));
    expect(one.unheard).not.toContain(other.nodes.id);
  });

  it('know each other again when Redis has forgotten them', async () => {
    const [one, other] = [await join(), await join()];
    await server.stop();
    await until(() => !one.redis.isUp && !other.redis.isUp);
    await server.start();
    await until(() => one.oldNames.length > 0 && other.oldNames.length > 0);
    await seeEachOther(one, other);
    await sleep(2 * TIMES.aliveMs);
    expect(all.map(({ heirTo }) => heirTo)).toEqual([[], []]);
  });
});
