import { median, percentile } from '../support/statistics';
import type { Heard } from './clients';
import type { Bare, Node, Stage } from './stage';

const MISSED = 10;
const CHATTING = 50;
const PER_SECOND = 20;
const SECONDS = 4;

/** All clients connect at once, or resume at once, beside bare Socket.IO. Times are in milliseconds until READY or RESUMED. */
export interface StormTimes {
  readonly bareLastMs: number;
  readonly derailedLastMs: number;
  readonly bareMedianMs: number;
  readonly derailedMedianMs: number;
  /** Database commands for each connection. */
  readonly commands: number;
}

/** Storms, and the delay of chat messages among connected clients meanwhile. */
export interface StormRow {
  readonly sockets: number;
  readonly connects: StormTimes;
  readonly resumes: StormTimes;
  /** 99th percentile of the delay of a message, in milliseconds. */
  readonly quietP99Ms: number;
  readonly connectsP99Ms: number;
  readonly resumesP99Ms: number;
}

/** As after the death of a node: nothing is cached of the clients. Bare Socket.IO sends the same READY, and the same missed events, without any lookup. */
export async function measureStorm(stage: Stage, sockets: number): Promise<StormRow> {
  const node = await stage.node();
  const crowd = await node.process.ask('gather', { people: sockets, audiences: 1 });
  const bare = await stage.bare(await stage.greetingOf(node, crowd));
  const connects = await timesOf(
    node,
    () => stage.connect(node, crowd.tokens, sockets),
    () => stage.connect(bare, crowd.tokens, sockets),
  );
  await miss(stage, node, bare, crowd);
  const resumes = await timesOf(
    node,
    () => stage.resume(node),
    () => stage.resume(bare),
  );
  for (const server of [node, bare]) await stage.leave(server);
  await stage.strike();
  return { sockets, connects, resumes, ...(await measureChat(stage, sockets)) };
}

async function timesOf(
  node: Node,
  derailed: () => Promise<number[]>,
  bare: () => Promise<number[]>,
): Promise<StormTimes> {
  const before = await node.process.ask('commands', undefined);
  const ofDerailed = await derailed();
  const commands = ((await node.process.ask('commands', undefined)) - before) / ofDerailed.length;
  const ofBare = await bare();
  return {
    bareLastMs: Math.max(...ofBare),
    derailedLastMs: Math.max(...ofDerailed),
    bareMedianMs: median(ofBare),
    derailedMedianMs: median(ofDerailed),
    commands,
  };
}

/** Cuts all clients off and publishes messages that they miss. */
async function miss(
  stage: Stage,
  node: Node,
  bare: Bare,
  { guildId, trackId }: { readonly guildId: bigint; readonly trackId: bigint },
): Promise<void> {
  for (const server of [node, bare]) await stage.cutOff(server);
  const data = await node.process.ask('sample', { guildId, trackId, count: 1 });
  await bare.process.ask(
    'miss',
    Array.from({ length: MISSED }, () => [data, '642389471829463041'] as const),
  );
  await node.process.ask('publish', { guildId, trackId, count: MISSED });
}

/** Some clients chat in one process while all others connect, and later resume, in the other process. */
async function measureChat(
  stage: Stage,
  sockets: number,
): Promise<Pick<StormRow, 'quietP99Ms' | 'connectsP99Ms' | 'resumesP99Ms'>> {
  const node = await stage.node({ GATEWAY_BUCKET: '0/1' });
  const { trackId, tokens } = await node.process.ask('gather', { people: CHATTING + sockets, audiences: 1 });
  const [chatters, storm] = [stage.client(0), stage.client(1)];
  const others = `${node.group} storm`;
  await chatters.ask('connect', {
    group: node.group,
    port: node.port,
    tokens: tokens.slice(0, CHATTING),
    atOnce: CHATTING,
  });
  const chat = (seconds: number): Promise<Heard> =>
    chatters.ask('chat', { group: node.group, trackId, perSecond: PER_SECOND, seconds });
  await chat(1);
  const quiet = await chat(SECONDS);
  const [connecting] = await Promise.all([
    chat(SECONDS),
    storm.ask('connect', { group: others, port: node.port, tokens: tokens.slice(CHATTING), atOnce: sockets }),
  ]);
  await storm.ask('cutOff', { group: others });
  const [resuming] = await Promise.all([chat(SECONDS), storm.ask('resume', { group: others, port: node.port })]);
  await storm.ask('leave', { group: others });
  await stage.leave(node);
  await stage.strike();
  const [quietP99Ms, connectsP99Ms, resumesP99Ms] = [quiet, connecting, resuming].map(({ delaysMs }) =>
    percentile(delaysMs, 0.99),
  ) as [number, number, number];
  return { quietP99Ms, connectsP99Ms, resumesP99Ms };
}
