import { type Auth, Client } from './client';
import { now, serve } from './child';

const GIVE_UP_MS = 120_000;
const FLOOD_PACKETS = 64;

/** Clients of one server that were opened together. */
class Group {
  readonly clients: Client[] = [];
  readonly readyAt: number[] = [];
  readonly delaysMs: number[] = [];
  /** What each client would resume with. */
  readonly places = new Map<string, Auth>();
  events = 0;
  lastAt = 0;
  greeting = '';
  private expected = Infinity;
  private arrived: () => void = () => undefined;

  /** Counts from zero again. @returns when so many events have come */
  expect(events: number): Promise<void> {
    this.events = 0;
    this.expected = events;
    return within(
      new Promise<void>((resolve) => (this.arrived = resolve)),
      () =>
        `${this.events} of ${this.expected} events came, ${this.clients.filter(({ isOpen }) => isOpen).length} of ${this.clients.length} clients are there`,
    );
  }

  /** Opens a client. */
  open(port: number, auth: Auth): void {
    this.clients.push(Client.enter(port, auth, (bytes, start, end) => this.take(auth, bytes, start, end)));
  }

  private take(auth: Auth, bytes: Buffer, start: number, end: number): void {
    // `42/gateway,["NAME",…`: what is neither an event nor READY is an acknowledgement, or the answer to the request to enter.
    if (bytes[start + 1] !== 0x32) return;
    const name = bytes.toString('latin1', start + 13, start + 18);
    if (name === 'READY') return this.ready(auth, bytes, start, end);
    if (name === 'RESUM') return void this.readyAt.push(now());
    if (name !== 'MESSA') return;
    this.events += 1;
    const mark = bytes.indexOf('sent at ', start, 'latin1');
    if (mark > 0 && mark < end)
      this.delaysMs.push(now() - Number.parseFloat(bytes.toString('latin1', mark + 8, mark + 32)));
    if (this.events !== this.expected) return;
    this.lastAt = now();
    this.arrived();
  }

  private ready({ token }: Auth, bytes: Buffer, start: number, end: number): void {
    this.readyAt.push(now());
    const [, sessionId = ''] = /"session_id":"(\d+)"/.exec(bytes.toString('latin1', start, start + 100)) ?? [];
    const [, seq = '0'] = /"(\d+)"\]$/.exec(bytes.toString('latin1', end - 30, end)) ?? [];
    this.places.set(token, { token, session_id: sessionId, seq });
    if (this.greeting === '') this.greeting = bytes.toString('utf8', start, end);
  }
}

const groups = new Map<string, Group>();

function groupOf(name: string): Group {
  const group = groups.get(name) ?? new Group();
  groups.set(name, group);
  return group;
}

/** Connects clients all at once, or so many at a time. @returns when each was READY */
async function connect({
  group: name,
  port,
  tokens,
  atOnce,
}: {
  group: string;
  port: number;
  tokens: readonly string[];
  atOnce: number;
}): Promise<{ startedAt: number; readyAt: number[]; greeting: string }> {
  const group = groupOf(name);
  const startedAt = now();
  const before = group.readyAt.length;
  for (let from = 0; from < tokens.length; from += atOnce) {
    for (const token of tokens.slice(from, from + atOnce)) group.open(port, { token });
    const target = before + Math.min(from + atOnce, tokens.length);
    await until(
      () => group.readyAt.length >= target,
      () => `${group.readyAt.length - before} of ${tokens.length} clients are READY`,
    );
  }
  return { startedAt, readyAt: group.readyAt.slice(before), greeting: group.greeting };
}

/** Cuts the clients of a group off. */
async function cutOff({ group: name }: { group: string }): Promise<void> {
  const clients = groupOf(name).clients.splice(0);
  for (const client of clients) client.close();
  await Promise.all(clients.map(({ closed }) => closed));
}

/** Resumes the connections of a group that was cut off, all at once. @returns when each was RESUMED */
async function resume({
  group: name,
  port,
}: {
  group: string;
  port: number;
}): Promise<{ startedAt: number; readyAt: number[]; greeting: string }> {
  const group = groupOf(name);
  const startedAt = now();
  group.readyAt.length = 0;
  for (const place of group.places.values()) group.open(port, place);
  await until(
    () => group.readyAt.length >= group.places.size,
    () => `${group.readyAt.length} of ${group.places.size} clients are RESUMED`,
  );
  return { startedAt, readyAt: [...group.readyAt], greeting: '' };
}

let waiting: { group: Group; arrived: Promise<void> } | undefined;

/** Counts the events of a group from now on. */
function expectEvents({ group: name, each }: { group: string; each: number }): void {
  const group = groupOf(name);
  waiting = { group, arrived: group.expect(each * group.clients.length) };
  waiting.arrived.catch(() => undefined);
}

/** When the last of the events arrived that were expected. */
async function lastArrival(): Promise<number> {
  if (!waiting) throw new Error('Nothing was expected.');
  await waiting.arrived;
  return waiting.group.lastAt;
}

/** What those who chat heard. */
export interface Heard {
  /** How long each message took to each of them, in milliseconds. */
  readonly delaysMs: number[];
  /** Messages that somebody else sent. */
  readonly others: number;
}

/** Has clients of a group chat, one after the other. */
async function chat({
  group: name,
  trackId,
  perSecond,
  seconds,
}: {
  group: string;
  trackId: bigint;
  perSecond: number;
  seconds: number;
}): Promise<Heard> {
  const group = groupOf(name);
  [group.events, group.delaysMs.length] = [0, 0];
  let sent = 0;
  const timer = setInterval(() => {
    const client = group.clients[sent % group.clients.length]!;
    sent += 1;
    client.send(
      `42/gateway,${sent}["message.create",{"track_id":"${trackId}","content":"sent at ${now().toFixed(3)} and not a millisecond later"}]`,
    );
  }, 1_000 / perSecond);
  await sleep(seconds * 1_000);
  clearInterval(timer);
  await sleep(1_000);
  if (group.clients.some(({ isOpen }) => !isOpen)) throw new Error('Somebody who only chats was thrown off.');
  return { delaysMs: [...group.delaysMs], others: (group.events - group.delaysMs.length) / group.clients.length };
}

/** What became of somebody who sends as fast as they can. */
export interface Flooder {
  /** Packets that they had handed to the network when they were off. */
  readonly sent: number;
  readonly offAfterMs: number;
}

/** Has clients of a group send interactions as fast as the network takes them, until they are off. */
async function flood({ group: name, trackId }: { group: string; trackId: bigint }): Promise<Flooder[]> {
  const { clients } = groupOf(name);
  const packets = Array.from(
    { length: FLOOD_PACKETS },
    () => `42/gateway,1["message.create",{"track_id":"${trackId}","content":"flood"}]`,
  );
  const figures = clients.map(() => ({ sent: 0, offAfterMs: 0 }));
  const startedAt = now();
  const floods = clients.map(async (client, index) => {
    const figure = figures[index]!;
    const more = (): void => {
      if (!client.isOpen) return;
      figure.sent += packets.length;
      if (client.send(...packets)) setImmediate(more);
    };
    client.onDrain(more);
    more();
    await client.closed;
    figure.offAfterMs = now() - startedAt;
  });
  await within(Promise.all(floods), () => 'A flooder is still there');
  return figures;
}

/** Ends the connections of a group. */
async function leave({ group: name }: { group: string }): Promise<void> {
  const { clients } = groupOf(name);
  groups.delete(name);
  for (const client of clients) client.close();
  await Promise.all(clients.map(({ closed }) => closed));
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until(isSo: () => boolean, whatIs: () => string): Promise<void> {
  for (const deadline = now() + GIVE_UP_MS; !isSo(); await sleep(5))
    if (now() > deadline) throw new Error(`Given up: ${whatIs()}.`);
}

async function within(promise: Promise<unknown>, whatIs: () => string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>(
    (_, reject) => (timer = setTimeout(() => reject(new Error(`Given up: ${whatIs()}.`)), GIVE_UP_MS)),
  );
  await Promise.race([promise, tooLate]).finally(() => clearTimeout(timer));
}

/** What a process full of clients does for the benchmark. */
export interface ClientDeeds {
  connect: typeof connect;
  cutOff: typeof cutOff;
  resume: typeof resume;
  expectEvents: typeof expectEvents;
  lastArrival: (nothing: undefined) => Promise<number>;
  chat: typeof chat;
  flood: typeof flood;
  leave: typeof leave;
}

serve({ connect, cutOff, resume, expectEvents, lastArrival, chat, flood, leave } satisfies Record<
  keyof ClientDeeds,
  unknown
>);
