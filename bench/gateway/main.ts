import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { table } from '../support/statistics';
import { type BroadcastRow, measureBroadcast } from './broadcast';
import { type FloodRow, measureFlood } from './flood';
import { type IdleRow, measureIdle } from './idle';
import { measureNodes, type NodesRow } from './nodes';
import { startRedis } from './redis';
import { Stage } from './stage';
import { measureStorm, type StormRow } from './storm';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    parts: { type: 'string', default: 'a,b,c,d,e' },
    sockets: { type: 'string', default: '500,2000,5000' },
    idle: { type: 'string', default: '5000' },
    chatting: { type: 'string', default: '500' },
    flooders: { type: 'string', default: '100' },
    storm: { type: 'string', default: '2000' },
    events: { type: 'string', default: '4000' },
  },
});
const NODES_SOCKETS = 100;

/** What was measured; a part that was left out is undefined. */
interface Figures {
  broadcast?: BroadcastRow[];
  idle?: IdleRow;
  flood?: FloodRow;
  storm?: StormRow;
  nodes?: NodesRow[];
}

const ms = (value: number): string => value.toFixed(1);
const times = (value: number, base: number): string => (value / base).toFixed(2);
const kibibytes = (bytes: number): string => (bytes / 1_024).toFixed(1);

function broadcastTable(rows: readonly BroadcastRow[]): string {
  const lines = rows.map(({ sockets, audiences, bareMs, derailedMs, requestMs, bareBusyMs, derailedBusyMs }) => [
    `${sockets} sockets, ${audiences} ${audiences === 1 ? 'audience' : 'audiences'}`,
    ...[ms(bareMs), ms(derailedMs), times(derailedMs, bareMs), ms(bareBusyMs), ms(derailedBusyMs), ms(requestMs)],
  ]);
  return table(
    ['a  ms until the last has a message', 'bare', 'derailed', '×', 'bare busy', 'derailed busy', 'from the request'],
    lines,
  );
}

function idleTable({ sockets, bareRss, derailedRss, bareHeap, derailedHeap }: IdleRow): string {
  const lines = [['resident', bareRss, derailedRss] as const, ['heap', bareHeap, derailedHeap] as const].map(
    ([what, bare, derailed]) => [
      `${what}, ${sockets} sockets`,
      kibibytes(bare),
      kibibytes(derailed),
      times(derailed, bare),
    ],
  );
  return table(['b  KiB for an idle connection', 'bare', 'derailed', '×'], lines);
}

function floodTable({
  chatting,
  flooders,
  bucket,
  quietP99Ms,
  floodedP99Ms,
  quietMedianMs,
  floodedMedianMs,
  lastOffMs,
  done,
  sent,
}: FloodRow): string {
  const lines = [
    ['99 of 100 within', ms(quietP99Ms), ms(floodedP99Ms), times(floodedP99Ms, quietP99Ms)],
    ['half of them within', ms(quietMedianMs), ms(floodedMedianMs), times(floodedMedianMs, quietMedianMs)],
  ];
  return [
    table([`c  ms until a message of ${chatting} arrives`, 'quiet', `${flooders} flood`, '×'], lines),
    `   flooders: off within ${ms(lastOffMs)} ms; for each, ${(done / flooders).toFixed(1)} messages were sent on of ${(sent / flooders).toFixed(0)} that came, where the bucket takes ${bucket}`,
  ].join('\n');
}

function stormTable({ sockets, connects, resumes, quietP99Ms, connectsP99Ms, resumesP99Ms }: StormRow): string {
  const lines = (
    [
      ['READY', connects],
      ['RESUMED', resumes],
    ] as const
  ).flatMap(([name, { bareLastMs, derailedLastMs, bareMedianMs, derailedMedianMs, commands }]) => [
    [`${name}, the last`, ms(bareLastMs), ms(derailedLastMs), times(derailedLastMs, bareLastMs), commands.toFixed(2)],
    [`${name}, median`, ms(bareMedianMs), ms(derailedMedianMs), times(derailedMedianMs, bareMedianMs), ''],
  ]);
  const chat = [['while others connect', connectsP99Ms] as const, ['while others resume', resumesP99Ms] as const].map(
    ([what, p99]) => [what, ms(quietP99Ms), ms(p99), times(p99, quietP99Ms)],
  );
  return [
    table([`d  ms, ${sockets} at once`, 'bare', 'derailed', '×', 'database commands'], lines),
    table(['   p99 of chat, ms', 'quiet', 'storm', '×'], chat),
  ].join('\n');
}

function nodesTable(rows: readonly NodesRow[]): string {
  const one = rows.find(({ log }) => log === 'Redis') ?? rows[0]!;
  const lines = rows.map(({ nodes, log, sockets, eventsPerSecond }) => [
    `${nodes} ${nodes === 1 ? 'node' : 'nodes'}, log ${log === 'Redis' ? 'in Redis' : log}`,
    eventsPerSecond.toFixed(0),
    (eventsPerSecond * sockets).toFixed(0),
    times(eventsPerSecond, one.eventsPerSecond),
  ]);
  return table(
    ['e  events/s', '', 'arrivals/s', '×'],
    rows.length > 1 ? lines : [...lines, ['two nodes: skipped, there is no redis-server here', '', '', '']],
  );
}

const LEGEND = [
  'bare: Socket.IO alone, the same version, WebSockets only, uncompressed, with the same adapter; it emits the same bytes to one room and greets with the same READY',
  'busy: how long the server does nothing else; from the request: over REST, with everything that is checked and written',
  `Servers, clients and the database are processes of their own on ${cpus().length} cores, so that what clients take is in every time.`,
];

async function measure(stage: Stage, parts: ReadonlySet<string>): Promise<Figures> {
  const figures: Figures = {};
  const sizes = values.sockets.split(',').map(Number);
  if (parts.has('a')) figures.broadcast = await measureBroadcast(stage, sizes);
  if (parts.has('b')) figures.idle = await measureIdle(stage, Number(values.idle));
  if (parts.has('c')) figures.flood = await measureFlood(stage, Number(values.chatting), Number(values.flooders));
  if (parts.has('d')) figures.storm = await measureStorm(stage, Number(values.storm));
  if (parts.has('e')) {
    const redis = await startRedis();
    figures.nodes = await measureNodes(stage, redis, NODES_SOCKETS, Number(values.events)).finally(() => redis?.stop());
  }
  return figures;
}

function print({ broadcast, idle, flood, storm, nodes }: Figures): string {
  const tables = [
    broadcast && broadcastTable(broadcast),
    idle && idleTable(idle),
    flood && floodTable(flood),
    storm && stormTable(storm),
    nodes && nodesTable(nodes),
  ];
  return [...tables.filter((text) => text !== undefined), LEGEND.join('\n')].join('\n\n');
}

async function main(): Promise<void> {
  const stage = await Stage.set();
  try {
    const figures = await measure(stage, new Set(values.parts.split(',')));
    process.stdout.write(
      values.json
        ? `${JSON.stringify({ benchmark: 'gateway', cores: cpus().length, ...figures })}\n`
        : `${print(figures)}\n`,
    );
  } finally {
    await stage.clear();
  }
}

void main();
