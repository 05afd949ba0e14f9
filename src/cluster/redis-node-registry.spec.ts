import { eventually } from '../../test/support/eventually';
import { describeWithRedis, TestRedis } from '../../test/support/redis';
import { RedisConnection } from '../redis/redis-connection';
import { RedisNodeRegistry } from './redis-node-registry';

// Long enough that a busy machine's pauses don't look like a crash: all of these nodes are in one process.
const TIMES = { everyMs: 100, aliveMs: 1_500 };

interface Node {
  readonly redis: RedisConnection;
  readonly nodes: RedisNodeRegistry;
  /** The nodes that this node has taken over from. */
  readonly heirTo: string[];
  /** The nodes taken over from that may have unpublished events. */
  readonly unheard: string[];
  /** The former ids of this node. */
  readonly oldNames: string[];
}

describeWithRedis('the node registry', () => {
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
  /** Ends the connection of a node to Redis: from then on it gives no signs of life. */
  const crash = ({ redis }: Node): void => redis.close();
  /** When the last sign of life of a node expires, in milliseconds since 1970. */
  const expiryOf = async ({ nodes: { id } }: Node): Promise<number> =>
    Number(await all[0]!.redis.commands.zscore(all[0]!.redis.key('nodes'), id));
  const expired = async (...nodes: readonly Node[]): Promise<void> => {
    const expiry = Math.max(...(await Promise.all(nodes.map(expiryOf))));
    await server.stopKeeping();
    await eventually(() => Date.now() > expiry);
    await server.start();
  };
  /** Waits until a node has given this many more signs of life. */
  const signs = async (node: Node, count: number): Promise<void> => {
    for (let n = 0; n < count; n += 1) {
      const before = await expiryOf(node);
      await eventually(async () => (await expiryOf(node)) > before);
    }
  };
  /** Lets a marker node join and crash, and waits until it was taken over: nodes that went silent before it have been taken over, too. */
  const takeOverMarker = async (): Promise<string> => {
    const marker = await join();
    const { id } = marker.nodes;
    all.splice(all.indexOf(marker), 1);
    crash(marker);
    await eventually(() => all.some(({ heirTo }) => heirTo.includes(id)));
    return id;
  };
  const seeEachOther = (...nodes: readonly Node[]): Promise<boolean> =>
    eventually(() =>
      nodes.every(
        ({ nodes: { aliveIds } }) =>
          aliveIds.length === nodes.length && nodes.every((other) => aliveIds.includes(other.nodes.id)),
      ),
    );

  it('lists all nodes on every node', async () => {
    const [one, other, third] = [await join(), await join(), await join()];
    await seeEachOther(one, other, third);
    const marker = await takeOverMarker();
    expect(all.flatMap(({ heirTo }) => heirTo)).toEqual([marker]);
    expect(all.flatMap(({ oldNames }) => oldNames)).toEqual([]);
  });

  it('removes a crashed node after a while, and exactly one of the others takes over, once', async () => {
    const [one, other, third] = [await join(), await join(), await join()];
    await seeEachOther(one, other, third);
    crash(third);
    await seeEachOther(one, other);
    await eventually(() => one.heirTo.length + other.heirTo.length > 0);
    const marker = await takeOverMarker();
    expect([...one.heirTo, ...other.heirTo].toSorted()).toEqual([third.nodes.id, marker].toSorted());
    expect([...one.unheard, ...other.unheard]).toEqual([]);
  });

  it('removes a node that leaves at once', async () => {
    const [one, other] = [await join(), await join()];
    await seeEachOther(one, other);
    const leftAt = performance.now();
    await other.nodes.leave();
    await eventually(() => one.heirTo.length > 0);
    expect(performance.now() - leftAt).toBeLessThan(TIMES.aliveMs / 2);
    expect(one.nodes.aliveIds).toEqual([one.nodes.id]);
  });

  it('lets the next node that starts take over if no node is left', async () => {
    const one = await join();
    const { id } = one.nodes;
    const expiry = await expiryOf(one);
    crash(one);
    await eventually(() => Date.now() > expiry);
    const next = await join();
    await eventually(() => next.heirTo.length > 0);
    expect(next.heirTo).toEqual([id]);
  });

  it('lets another node take over if the node that was taking over crashes too', async () => {
    const stuck = await join(() => new Promise(() => undefined));
    const gone = await join();
    await seeEachOther(stuck, gone);
    crash(gone);
    await eventually(() => stuck.nodes.aliveIds.length === 1);
    const third = await join();
    await signs(third, 2);
    expect(third.heirTo).toEqual([]);
    crash(stuck);
    await eventually(() => third.heirTo.length === 2);
    expect(third.heirTo.toSorted()).toEqual([gone.nodes.id, stuck.nodes.id].toSorted());
  });

  it('repeats a takeover that fails until it succeeds', async () => {
    let attempts = 0;
    const one = await join(() => ((attempts += 1) < 3 ? Promise.reject(new Error('not yet')) : Promise.resolve()));
    const gone = await join();
    crash(gone);
    await eventually(() => one.heirTo.length > 0);
    await signs(one, 3);
    expect([attempts, errors.length]).toEqual([3, 2]);
  });

  it('gives a new id to a stalled node that was removed, so that its own data is not cleaned up', async () => {
    const one = await join();
    const stalled = await join(undefined, { ...TIMES, everyMs: 3 * TIMES.aliveMs });
    const { id } = stalled.nodes;
    await eventually(() => stalled.oldNames.length > 0);
    await eventually(() => one.heirTo.length > 0);
    expect([one.heirTo[0], stalled.oldNames[0], one.oldNames]).toEqual([id, id, []]);
    expect(stalled.nodes.aliveIds.toSorted()).toEqual([one.nodes.id, stalled.nodes.id].toSorted());
    expect(stalled.nodes.id).not.toBe(id);
  });

  it('removes no node after Redis itself was down', async () => {
    const [one, other] = [await join(), await join()];
    await seeEachOther(one, other);
    await expired(one, other);
    await eventually(() => one.redis.isUp && other.redis.isUp);
    const marker = await takeOverMarker();
    expect(all.flatMap(({ heirTo }) => heirTo)).toEqual([marker]);
    expect(all.flatMap(({ oldNames }) => oldNames)).toEqual([]);
    await seeEachOther(one, other);
  });

  it('reports nodes that disappeared while Redis was down, since their unpublished events are unknown', async () => {
    const [one, other, gone] = [await join(), await join(), await join()];
    await seeEachOther(one, other, gone);
    const expiry = await expiryOf(gone);
    await server.stopKeeping();
    crash(gone);
    await eventually(() => Date.now() > expiry);
    await server.start();
    await eventually(() => one.unheard.length + other.unheard.length > 0);
    expect([...one.heirTo, ...other.heirTo, ...one.unheard, ...other.unheard]).toEqual([gone.nodes.id, gone.nodes.id]);
    // And only then: who crashes later was heard meanwhile.
    crash(other);
    await eventually(() => one.heirTo.includes(other.nodes.id));
    expect(one.unheard).not.toContain(other.nodes.id);
  });

  it('lists all nodes again after Redis has lost its data', async () => {
    const [one, other] = [await join(), await join()];
    await server.stop();
    await eventually(() => !one.redis.isUp && !other.redis.isUp);
    await server.start();
    await eventually(() => one.oldNames.length > 0 && other.oldNames.length > 0);
    await seeEachOther(one, other);
    const marker = await takeOverMarker();
    expect(all.flatMap(({ heirTo }) => heirTo)).toEqual([marker]);
  });
});
