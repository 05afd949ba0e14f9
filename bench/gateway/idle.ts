import type { Weight } from './child';
import type { Server, Stage } from './stage';

const ALREADY = 200;

/** What a connection holds that does nothing, in bytes. */
export interface IdleRow {
  readonly sockets: number;
  readonly bareRss: number;
  readonly derailedRss: number;
  readonly bareHeap: number;
  readonly derailedHeap: number;
}

/** Memory for each connection of users who are all in one guild, after collecting garbage. */
export async function measureIdle(stage: Stage, sockets: number): Promise<IdleRow> {
  const node = await stage.node();
  const crowd = await node.process.ask('gather', { people: sockets + ALREADY, audiences: 1 });
  const bare = await stage.bare(await stage.greetingOf(node, crowd));
  const forEach = async (server: Server, weigh: () => Promise<Weight>): Promise<Weight> => {
    // What is loaded and compiled once is there before anything is weighed.
    await stage.connect(server, crowd.tokens.slice(0, ALREADY));
    const before = await weigh();
    await stage.connect(server, crowd.tokens.slice(ALREADY));
    const after = await weigh();
    await stage.leave(server);
    return { rss: (after.rss - before.rss) / sockets, heap: (after.heap - before.heap) / sockets };
  };
  const ofBare = await forEach(bare, () => bare.process.ask('weigh', undefined));
  const ofDerailed = await forEach(node, () => node.process.ask('weigh', undefined));
  await stage.strike();
  return {
    sockets,
    bareRss: ofBare.rss,
    derailedRss: ofDerailed.rss,
    bareHeap: ofBare.heap,
    derailedHeap: ofDerailed.heap,
  };
}
