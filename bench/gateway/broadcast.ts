import { ask } from '../support/derailed';
import { median } from '../support/statistics';
import { now } from './child';
import type { Stage } from './stage';

const WARM_UP = 5;
const ROUNDS = 15;
const AUDIENCES = [1, 100];
const SEQ = '642389471829463041';

/** What it takes to tell everybody something, in milliseconds from the sending until the last of them has it. */
export interface BroadcastRow {
  readonly sockets: number;
  readonly audiences: number;
  readonly bareMs: number;
  readonly derailedMs: number;
  /** From the request to the last arrival, with all that is checked and written in between. */
  readonly requestMs: number;
  /** How long the server was busy with it. */
  readonly bareBusyMs: number;
  readonly derailedBusyMs: number;
}

/** One message to all sockets of a guild, by turns with bare Socket.IO that emits the same bytes to one room. */
export async function measureBroadcast(stage: Stage, sizes: readonly number[]): Promise<BroadcastRow[]> {
  const rows: BroadcastRow[] = [];
  for (const audiences of AUDIENCES) {
    const node = await stage.node();
    const crowd = await node.process.ask('gather', { people: Math.max(...sizes), audiences });
    const { guildId, trackId, ownerToken, tokens } = crowd;
    const data = await node.process.ask('sample', { guildId, trackId, count: 1 });
    const bare = await stage.bare(await stage.greetingOf(node, crowd));
    const url = `http://127.0.0.1:${node.port}`;
    const path = `/tracks/${trackId}/messages`;
    const ways = {
      bare: () => bare.process.ask('emit', { data, seq: SEQ }),
      derailed: () => node.process.ask('publish', { guildId, trackId, count: 1 }),
      request: async () => {
        const sentAt = now();
        await ask({ url }, ownerToken, 'POST', path, { content: (data as { content: string }).content });
        return { sentAt, busyMs: 0 };
      },
    };
    let connected = 0;
    for (const sockets of sizes) {
      for (const server of [node, bare]) await stage.connect(server, tokens.slice(connected, sockets));
      connected = sockets;
      const took = { bare: [] as number[], derailed: [] as number[], request: [] as number[] };
      const busy = { bare: [] as number[], derailed: [] as number[], request: [] as number[] };
      for (let round = -WARM_UP; round < ROUNDS; round += 1) {
        for (const way of ['bare', 'derailed', 'request'] as const) {
          await stage.expectEvents(way === 'bare' ? bare : node, 1);
          const { sentAt, busyMs } = await ways[way]();
          const ms = (await stage.lastArrival()) - sentAt;
          if (round < 0) continue;
          took[way].push(ms);
          busy[way].push(busyMs);
        }
      }
      rows.push({
        sockets,
        audiences,
        bareMs: median(took.bare),
        derailedMs: median(took.derailed),
        requestMs: median(took.request),
        bareBusyMs: median(busy.bare),
        derailedBusyMs: median(busy.derailed),
      });
    }
    for (const server of [node, bare]) await stage.leave(server);
    await stage.strike();
  }
  return rows;
}
