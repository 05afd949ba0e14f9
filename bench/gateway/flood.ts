import { percentile } from '../support/statistics';
import type { Heard } from './clients';
import type { Stage } from './stage';

const PER_SECOND = 20;
const SECONDS = 6;
const BUCKET = 60;

/** What those who chat notice of those who flood. */
export interface FloodRow {
  readonly chatting: number;
  readonly flooders: number;
  readonly bucket: number;
  /** The 99th percentile of the time from sending a message until somebody has it, in milliseconds. */
  readonly quietP99Ms: number;
  readonly floodedP99Ms: number;
  readonly quietMedianMs: number;
  readonly floodedMedianMs: number;
  /** Until the last flooder was off. */
  readonly lastOffMs: number;
  /** What came of all that they sent: messages that everybody got. */
  readonly done: number;
  readonly sent: number;
}

/** Some chat quietly, and again while others, members of the same guild, send as fast as the network takes it. */
export async function measureFlood(stage: Stage, chatting: number, flooders: number): Promise<FloodRow> {
  const node = await stage.node({ GATEWAY_BUCKET: `${BUCKET}/60` });
  const { trackId, tokens } = await node.process.ask('gather', { people: chatting + flooders, audiences: 1 });
  // Those who chat are in one process, those who flood in the other.
  const [chatters, others] = [stage.client(0), stage.client(1)];
  await chatters.ask('connect', { group: node.group, port: node.port, tokens: tokens.slice(0, chatting), atOnce: 50 });
  await others.ask('connect', { group: node.group, port: node.port, tokens: tokens.slice(chatting), atOnce: 50 });
  const chat = (seconds: number): Promise<Heard> =>
    chatters.ask('chat', { group: node.group, trackId, perSecond: PER_SECOND, seconds });
  await chat(1);
  const quiet = await chat(SECONDS);
  const [flooded, figures] = await Promise.all([chat(SECONDS), others.ask('flood', { group: node.group, trackId })]);
  await stage.leave(node);
  await stage.strike();
  return {
    chatting,
    flooders,
    bucket: BUCKET,
    quietP99Ms: percentile(quiet.delaysMs, 0.99),
    floodedP99Ms: percentile(flooded.delaysMs, 0.99),
    quietMedianMs: percentile(quiet.delaysMs, 0.5),
    floodedMedianMs: percentile(flooded.delaysMs, 0.5),
    lastOffMs: Math.max(...figures.map(({ offAfterMs }) => offAfterMs)),
    done: flooded.others,
    sent: figures.reduce((sum, { sent }) => sum + sent, 0),
  };
}
