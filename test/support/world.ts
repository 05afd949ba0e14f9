import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { parseEnvironment } from '../../src/config/config.service';
import { type Command, CommandCounter, isWrite } from '../../src/database/command-counter';
import { type DatabaseServer, openDatabase } from '../../src/database/open-database';
import { type Derailed, bootstrap } from '../../src/bootstrap';
import { EventLog } from '../../src/events/event-log';
import { type Answer, created, type Json } from './answer';
import { Client } from './client';
import { compareResponse } from './described-events';
import { describedBy, recordResponse } from './described-responses';
import { ownDatabase } from './own-database';
import { PASSWORD, Person } from './person';

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
   * NODES sets; clients use them in turn. `redisUrls` are the Redis URLs of the first nodes, if they differ.
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
    const nodes = Array.from({ length: environment.REDIS_URL ? count : 1 }, (_, index) => {
      const redisUrl = redisUrls[index] ?? environment.REDIS_URL;
      return bootstrap({
        ...environment,
        MONGODB_URI: database.uri,
        ...(redisUrl !== undefined && { REDIS_URL: redisUrl }),
      });
    });
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

  /** Sends a request without a token, unless `headers` has one. */
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
    compareResponse(this.app, {
      method,
      path: target,
      status: answer.status,
      body: answer.body as unknown,
      type: answer.headers['content-type'],
    });
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
    const stop = (): void => listening.forEach((end) => end());
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

  /** Waits until the nodes have dispatched every event that happened so far. */
  async drain(): Promise<void> {
    for (const { app } of this.nodes) await app.get(EventLog).drain();
  }

  /**
   * Waits until every connected client has received every event that happened so far: appends a heartbeat to the event log, which each node sends to
   * all of its clients, and waits until each client has received it. Specs assert afterwards which events did not arrive.
   *
   * @param except clients that do not read what they are sent
   */
  async settle(except: readonly Client[] = []): Promise<void> {
    const log = this.app.get(EventLog);
    await this.drain();
    await log.append({ name: 'HEARTBEAT', audience: { userIds: [] }, data: {} });
    await this.drain();
    const marker = log.buffered.findLast(({ name }) => name === 'HEARTBEAT')!.seq;
    await Promise.all(
      Client.readyAt(this.urls)
        .filter((client) => !except.includes(client))
        .map((client) => client.reached(marker)),
    );
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
