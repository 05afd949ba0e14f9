import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io, type Socket } from 'socket.io-client';
import request from 'supertest';
import { parseEnvironment } from '../../src/config/config.service';
import { type Command, CommandCounter, isWrite } from '../../src/database/command-counter';
import { type DatabaseServer, openDatabase } from '../../src/database/open-database';
import { type Derailed, bootstrap } from '../../src/bootstrap';
import { EventLog } from '../../src/events/event-log';
import { compareWithDescription, compareWithOrder } from './described-events';
import { describedBy, recordResponse } from './described-responses';

const SETTLE_MS = 40;
const SETTLE_TURNS = 3;
const WAIT_MS = 20_000;
const PASSWORD = 'correct horse battery';

/** What a route answered. */
export interface Answer<Body = Json> {
  readonly status: number;
  readonly body: Body;
  readonly headers: Record<string, string>;
}

/** A body as it travels; specs know what they asked for. */
export type Json = Record<string, never> & { [field: string]: never };

/** The real application with its real database, and people who use it. */
export class World {
  private static readonly running = new Set<World>();
  private count = 0;
  private turn = 0;

  private constructor(
    private readonly nodes: readonly Derailed[],
    private readonly database: DatabaseServer,
    private readonly dataDir: string,
  ) {}

  /**
   * Starts an application of its own, without rate limits unless they are asked for. With Redis it has as many nodes as are asked for, else as
   * NODES says; people use them in turn. The first ones may reach Redis in a way of their own.
   */
  static async start(
    settings: Record<string, string> = {},
    count = Number(process.env['NODES'] ?? 1),
    redisUrls: readonly string[] = [],
  ): Promise<World> {
    const dataDir = mkdtempSync(join(tmpdir(), 'derailed-e2e-'));
    const environment = parseEnvironment({
      PORT: '0',
      DATA_DIR: dataDir,
      LOG_LEVEL: 'silent',
      RATE_LIMITS: 'off',
      HTTP_CONNECTIONS: '0',
      HTTP_CONNECTIONS_PER_ADDRESS: '0',
      GATEWAY_SOCKETS_PER_ADDRESS: '0',
      GATEWAY_ADDRESS_CONNECTIONS: '0/1',
      MONGODB_URI: ownDatabase(process.env['MONGODB_URI']),
      REDIS_URL: process.env['REDIS_URL'],
      REDIS_PREFIX: `derailed:${randomUUID()}:`,
      ...settings,
    });
    const database = await openDatabase(environment);
    const nodes = Array.from({ length: environment.REDIS_URL ? count : 1 }, (_, index) =>
      bootstrap({ ...environment, MONGODB_URI: database.uri, REDIS_URL: redisUrls[index] ?? environment.REDIS_URL }),
    );
    const world = new World(await Promise.all(nodes), database, dataDir);
    World.running.add(world);
    describedBy(world.app);
    return world;
  }

  /** Stops every world that still runs. */
  static async stopAll(): Promise<void> {
    await Promise.all([...World.running].map((world) => world.stop()));
  }

  /** Where each node listens. */
  get urls(): readonly string[] {
    return this.nodes.map(({ url }) => url);
  }

  /** Where another process finds the same database. */
  get databaseUri(): string {
    return this.database.uri;
  }

  /** Where the next request goes: every node's turn comes. */
  get url(): string {
    this.turn += 1;
    return this.urls[this.turn % this.nodes.length]!;
  }

  get app(): Derailed['app'] {
    return this.nodes[0]!.app;
  }

  /** Stops it; harmless when called again. */
  async stop(): Promise<void> {
    if (!World.running.delete(this)) return;
    const { MONGODB_URI: uri } = process.env;
    if (uri) await this.app.get<{ dropDatabase(): Promise<unknown> }>('DatabaseConnection').dropDatabase();
    await Promise.all(this.nodes.map((node) => node.stop()));
    await this.database.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** A request by nobody in particular, or with a token. */
  async ask(
    method: 'get' | 'post' | 'put' | 'patch' | 'delete',
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const target =
      path.startsWith('/health') || path.startsWith('/docs') || path === '/metrics' ? path : `/api/v1${path}`;
    const asked = request(this.url)[method](target).set(headers);
    const answer = await (body === undefined
      ? asked
      : typeof body === 'string'
        ? asked.set('content-type', 'application/json').send(body)
        : asked.send(body as object));
    recordResponse(method, target, answer.status, answer.body);
    return { status: answer.status, body: answer.body as Json, headers: answer.headers };
  }

  /** Somebody who has an account. */
  async person(name = 'someone'): Promise<Person> {
    this.count += 1;
    const username = `${name}-${this.count}`;
    const answer = await this.ask('post', '/auth/register', {
      username,
      email: `${username}@example.org`,
      password: PASSWORD,
    });
    const { token, user } = created<{ token: string; user: { id: string } }>(answer, 201);
    return new Person(this, user.id, username, token);
  }

  /** A guild with members, each with the roles that are named; roles are lowest first and give what they say. */
  async guild(plan: GuildMutation = {}): Promise<GuildWorld> {
    const owner = plan.people?.['owner'] ?? (await this.person('owner'));
    const { id } = created<{ id: string }>(await owner.post('/guilds', { name: 'Engines' }), 201);
    const roles: Record<string, string> = {};
    for (const [index, [name, { allow = 0n, deny = 0n }]] of Object.entries(plan.roles ?? {}).entries()) {
      const role = await owner.post(`/guilds/${id}/roles`, {
        name,
        allow: String(allow),
        deny: String(deny),
        position: index + 2,
      });
      roles[name] = (role.body as unknown as { id: string }).id;
    }
    const tracks = created<{ id: string; type: string }[]>(await owner.get(`/guilds/${id}/tracks`), 200);
    const world = {
      id,
      owner,
      roles,
      category: tracks[0]!.id,
      track: tracks[1]!.id,
      members: {} as Record<string, Person>,
    };
    const { code } = (await owner.post(`/tracks/${world.track}/invites`, {})).body as unknown as { code: string };
    for (const [name, held] of Object.entries(plan.members ?? {})) {
      const member = plan.people?.[name] ?? (await this.person(name));
      await member.post(`/invites/${code}`);
      for (const role of held) await owner.put(`/guilds/${id}/members/${member.id}/roles/${roles[role]!}`);
      world.members[name] = member;
    }
    return { ...world, invite: code };
  }

  /** Records the database commands that the application sends from now on. */
  recordCommands(): { readonly all: Command[]; readonly writes: Command[]; readonly reads: Command[]; stop(): void } {
    const all: Command[] = [];
    const listening = this.nodes.map(({ app }) => app.get(CommandCounter).listen((command) => all.push(command)));
    const stop = (): void => listening.forEach((end) => void end());
    return {
      all,
      get writes() {
        return all.filter(isWrite);
      },
      get reads() {
        return all.filter((command) => !isWrite(command));
      },
      stop,
    };
  }

  /** Waits until everything that happened was dispatched and has had the time to arrive. */
  async settle(): Promise<void> {
    for (const { app } of this.nodes) await app.get(EventLog).drain();
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    // A process that stood still meanwhile finds that the time is over before it finds what has arrived.
    for (let turn = 0; turn < SETTLE_TURNS; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** What a guild shall look like. */
export interface GuildMutation {
  readonly roles?: Record<string, { readonly allow?: bigint; readonly deny?: bigint }>;
  readonly members?: Record<string, readonly string[]>;
  /** Existing users to use for `owner` and for members of these names; others are registered. */
  readonly people?: Record<string, Person>;
}

/** A guild and who is in it. */
export interface GuildWorld {
  readonly id: string;
  readonly owner: Person;
  readonly roles: Record<string, string>;
  readonly category: string;
  readonly track: string;
  readonly members: Record<string, Person>;
  readonly invite: string;
}

/** Somebody with an account, and a token. */
export class Person {
  constructor(
    private readonly world: World,
    readonly id: string,
    readonly username: string,
    readonly token: string,
  ) {}

  get email(): string {
    return `${this.username}@example.org`;
  }

  get password(): string {
    return PASSWORD;
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.world.ask('get', path, undefined, { ...this.authorization, ...headers });
  }

  post(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.world.ask('post', path, body, { ...this.authorization, ...headers });
  }

  put(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.world.ask('put', path, body, { ...this.authorization, ...headers });
  }

  patch(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.world.ask('patch', path, body, { ...this.authorization, ...headers });
  }

  delete(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.world.ask('delete', path, body, { ...this.authorization, ...headers });
  }

  /**
   * Connects to the gateway and waits for READY, or RESUMED; after READY for READ_STATES too, unless intents are chosen. What was done before is over
   * by then, and nothing of it comes later.
   */
  async connect(auth: Record<string, unknown> = { token: this.token }, url = this.world.url): Promise<Client> {
    await this.world.settle();
    const client = new Client(url, auth);
    await client.ready;
    if (auth['intents'] === undefined && auth['seq'] === undefined) await client.readStates;
    return client;
  }

  /** Goes on where another client of theirs ended, and waits for RESUMED. */
  resume(ended: Client, url = this.world.url, auth: Record<string, unknown> = {}): Promise<Client> {
    return this.connect({ ...ended.place, ...auth }, url);
  }

  private get authorization(): Record<string, string> {
    return { authorization: `Bearer ${this.token}` };
  }
}

/** An event as it arrived. */
export interface Received {
  readonly name: string;
  readonly data: Json;
  readonly seq: string;
}

/** A Socket.IO client that remembers what it got. */
export class Client {
  readonly socket: Socket;
  readonly events: Received[] = [];
  readonly ready: Promise<void>;
  /** What READ_STATES told; it comes once and is kept apart from what happens. */
  readonly readStates: Promise<Json[]>;
  private seq: string | undefined;
  private sessionId: string | undefined;

  constructor(
    url: string,
    private readonly auth: Record<string, unknown>,
  ) {
    this.socket = io(`${url}/gateway`, { auth, transports: ['websocket'], reconnection: false, forceNew: true });
    this.socket.onAny((name: string, data: Json, seq: string) => {
      if (name !== 'READ_STATES') this.take({ name, data, seq });
    });
    this.readStates = new Promise((resolve) => this.socket.once('READ_STATES', resolve));
    this.ready = new Promise((resolve, reject) => {
      for (const name of ['READY', 'RESUMED']) this.socket.once(name, () => resolve());
      this.socket.once('connect_error', reject);
    });
    this.ready.catch(() => undefined);
  }

  /** The events of this name that have come so far. */
  received(name: string): Json[] {
    return this.events.filter((event) => event.name === name).map(({ data }) => data);
  }

  /** The names of everything that has come so far, in order. */
  get names(): string[] {
    return this.events.map(({ name }) => name);
  }

  /** What to go on with from where this client is. */
  get place(): Record<string, unknown> {
    return { token: this.auth['token'], session_id: this.sessionId, seq: this.seq };
  }

  /** Forgets what came so far. */
  clear(): void {
    this.events.length = 0;
  }

  /** Waits for an event of this name (the one that is meant), unless it has come. */
  async next(name: string, isMeant: (data: Json) => boolean = () => true): Promise<Json> {
    const deadline = Date.now() + WAIT_MS;
    for (;;) {
      const found = this.events.find((event) => event.name === name && isMeant(event.data));
      if (found) return found.data;
      if (Date.now() > deadline) throw new Error(`No ${name} within ${WAIT_MS} ms; came: ${this.names.join(', ')}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Sends an interaction and waits for its acknowledgement. */
  say(name: string, payload: unknown): Promise<Json> {
    return this.socket.timeout(WAIT_MS).emitWithAck(name, payload) as Promise<Json>;
  }

  /** Waits until the server has ended the connection. */
  async closed(): Promise<void> {
    if (!this.socket.connected) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('The connection is still open.')), WAIT_MS);
      this.socket.once('disconnect', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  close(): void {
    this.socket.disconnect();
  }

  private take(event: Received): void {
    const { name, data, seq } = event;
    compareWithDescription(name, data);
    compareWithOrder(name, seq, this.seq);
    this.seq = seq ?? this.seq;
    if (name === 'READY' || name === 'RESUMED') this.sessionId = data['session_id'];
    // That time has passed is nothing that a spec is about.
    if (name !== 'CHECKPOINT') this.events.push(event);
  }
}

/** Fields of a body that a spec looks at. */
export const of = <Shape>(value: unknown): Shape => value as Shape;

/** A database of its own at that server. */
export function ownDatabase(uri: string | undefined): string | undefined {
  if (!uri) return undefined;
  const url = new URL(uri);
  url.pathname = `/derailed_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
  return url.toString();
}

/** Returns the body of an answer. Throws if a step that builds a situation has another status. */
function created<Body>({ status, body }: Answer, expected: number): Body {
  if (status !== expected) throw new Error(`Expected status ${expected}, received ${status}: ${JSON.stringify(body)}`);
  return body as unknown as Body;
}
