import type { Redis } from './redis';
import { now } from './child';
import type { Node, Stage } from './stage';

const WARM_UP = 200;

/** How many events get through. */
export interface NodesRow {
  readonly nodes: number;
  readonly log: 'in memory' | 'Redis';
  readonly sockets: number;
  readonly eventsPerSecond: number;
}

/** Events in a second from publishing the first until the last client has the last: one node with either log, and two nodes that publish and serve one half each. */
export async function measureNodes(
  stage: Stage,
  redis: Redis | undefined,
  sockets: number,
  events: number,
): Promise<NodesRow[]> {
  const rows: NodesRow[] = [];
  const shared = redis && { REDIS_URL: redis.url };
  const crowd = await (await stage.node()).process.ask('gather', { people: sockets, audiences: 1 });
  await stage.strike();
  for (const [count, environment] of [
    [1, undefined],
    ...(shared
      ? [
          [1, shared],
          [2, shared],
        ]
      : []),
  ] as [number, Record<string, string> | undefined][]) {
    const nodes: Node[] = [];
    for (let number = 0; number < count; number += 1)
      nodes.push({
        ...(await stage.node({ ...environment, REDIS_PREFIX: `bench${count}:` })),
        group: `${count} nodes, ${environment ? 'Redis' : 'alone'}`,
      });
    for (const [index, node] of nodes.entries())
      await stage.connect(
        node,
        crowd.tokens.filter((_, place) => place % count === index),
      );
    const publish = async (number: number): Promise<number> => {
      await stage.expectEvents(nodes[0]!, number);
      const startedAt = now();
      await Promise.all(
        nodes.map((node) =>
          node.process.ask('publish', { guildId: crowd.guildId, trackId: crowd.trackId, count: number / count }),
        ),
      );
      return ((await stage.lastArrival()) - startedAt) / 1_000;
    };
    await publish(WARM_UP);
    rows.push({
      nodes: count,
      log: environment ? 'Redis' : 'in memory',
      sockets,
      eventsPerSecond: events / (await publish(events)),
    });
    await stage.leave(nodes[0]!);
    await stage.strike();
  }
  return rows;
}
