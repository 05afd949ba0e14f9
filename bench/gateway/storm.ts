import { median } from '../support/statistics';
import type { Stage } from './stage';

/** Everybody connects at once. */
export interface StormRow {
  readonly sockets: number;
  /** Until the last of them was READY. */
  readonly bareMs: number;
  readonly derailedMs: number;
  readonly bareMedianMs: number;
  readonly derailedMedianMs: number;
  /** Commands that the database was sent, for each connection. */
  readonly commands: number;
}

/** As after the death of a node: nothing is remembered of those who come, and bare Socket.IO tells the same READY without asking anybody. */
export async function measureStorm(stage: Stage, sockets: number): Promise<StormRow> {
  const node = await stage.node();
  const crowd = await node.process.ask('gather', { people: sockets, audiences: 1 });
  const bare = await stage.bare(await stage.greetingOf(node, crowd));
  const before = await node.process.ask('commands', undefined);
  const [ofDerailed, ofBare] = [await stage.connect(node, crowd.tokens, sockets), await stage.connect(bare, crowd.tokens, sockets)];
  const commands = ((await node.process.ask('commands', undefined)) - before) / sockets;
  for (const server of [node, bare]) await stage.leave(server);
  await stage.strike();
  return { sockets, bareMs: Math.max(...ofBare), derailedMs: Math.max(...ofDerailed), bareMedianMs: median(ofBare), derailedMedianMs: median(ofDerailed), commands };
}
