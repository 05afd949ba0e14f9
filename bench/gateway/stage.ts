import { type DatabaseServer, openDatabase } from '../../src/database/open-database';
import { parseEnvironment } from '../../src/config/config.service';
import { temporaryFolder } from '../database/world';
import type { BareDeeds } from './bare';
import { Child } from './child';
import type { ClientDeeds } from './clients';
import type { Crowd, NodeDeeds } from './node';

const CLIENT_PROCESSES = 2;
const AT_ONCE = 50;

// One machine is everybody, and what is measured are not the limits.
const WITHOUT_LIMITS = {
  RATE_LIMITS: 'off',
  HTTP_CONNECTIONS: '0',
  HTTP_CONNECTIONS_PER_ADDRESS: '0',
  GATEWAY_SOCKETS_PER_ADDRESS: '0',
  GATEWAY_ADDRESS_CONNECTIONS: '0/1',
  GATEWAY_PING_INTERVAL_SECONDS: '300',
  GATEWAY_PING_TIMEOUT_SECONDS: '300',
};

/** Where the clients of a group connect to. */
export interface Server {
  readonly group: string;
  readonly port: number;
}

/** A node of the application in a process of its own. */
export interface Node extends Server {
  readonly process: Child<NodeDeeds>;
}

/** Bare Socket.IO in a process of its own. */
export interface Bare extends Server {
  readonly process: Child<BareDeeds>;
}

/** The processes of the benchmark: a database, clients, and the servers that they connect to. */
export class Stage {
  private readonly servers: Child<object>[] = [];
  private started = 0;

  private constructor(
    private readonly database: DatabaseServer,
    private readonly folder: { path: string; remove(): void },
    private readonly clients: readonly Child<ClientDeeds>[],
  ) {}

  static async set(): Promise<Stage> {
    const folder = temporaryFolder();
    const database = await openDatabase(parseEnvironment({ DATA_DIR: folder.path }));
    return new Stage(
      database,
      folder,
      Array.from({ length: CLIENT_PROCESSES }, () => Child.start<ClientDeeds>(require.resolve('./clients'))),
    );
  }

  async clear(): Promise<void> {
    await this.strike();
    await Promise.all(this.clients.map((child) => child.stop()));
    await this.database.stop();
    this.folder.remove();
  }

  /** Ends all servers. */
  async strike(): Promise<void> {
    await Promise.all(this.servers.splice(0).map((child) => child.stop()));
  }

  async node(environment: Record<string, string> = {}): Promise<Node> {
    const process = Child.start<NodeDeeds>(require.resolve('./node'));
    this.servers.push(process);
    const port = await process.ask('start', {
      MONGODB_URI: this.database.uri,
      DATA_DIR: this.folder.path,
      ...WITHOUT_LIMITS,
      ...environment,
    });
    return { process, port, group: this.newGroup() };
  }

  /** @param ready what it sends to each client that connects */
  async bare(ready: unknown): Promise<Bare> {
    const process = Child.start<BareDeeds>(require.resolve('./bare'));
    this.servers.push(process);
    return { process, port: await process.ask('start', ready), group: this.newGroup() };
  }

  /** What the application tells somebody of a crowd with READY. */
  async greetingOf(node: Node, { tokens }: Crowd): Promise<unknown> {
    const group = this.newGroup();
    const { greeting } = await this.clients[0]!.ask('connect', {
      group,
      port: node.port,
      tokens: tokens.slice(0, 1),
      atOnce: 1,
    });
    await this.clients[0]!.ask('leave', { group });
    return (JSON.parse(greeting.slice(greeting.indexOf('['))) as unknown[])[1];
  }

  /** Connects clients, half of them from each process. @returns milliseconds until each was READY */
  async connect({ group, port }: Server, tokens: readonly string[], atOnce = AT_ONCE): Promise<number[]> {
    const shares = await this.each((child, index) =>
      child.ask('connect', {
        group,
        port,
        tokens: tokens.filter((_, place) => place % CLIENT_PROCESSES === index),
        atOnce: Math.ceil(atOnce / CLIENT_PROCESSES),
      }),
    );
    const startedAt = Math.min(...shares.map((share) => share.startedAt));
    return shares.flatMap(({ readyAt }) => readyAt.map((at) => at - startedAt));
  }

  /** Cuts all clients of a server off, so that they can resume. */
  async cutOff({ group }: Server): Promise<void> {
    await this.each((child) => child.ask('cutOff', { group }));
  }

  /** Resumes the connections of all clients that were cut off, at once. @returns milliseconds until each was RESUMED */
  async resume({ group, port }: Server): Promise<number[]> {
    const shares = await this.each((child) => child.ask('resume', { group, port }));
    const startedAt = Math.min(...shares.map((share) => share.startedAt));
    return shares.flatMap(({ readyAt }) => readyAt.map((at) => at - startedAt));
  }

  /** Counts the events that come to a server's clients from now on: so many to each of them. */
  async expectEvents({ group }: Server, each: number): Promise<void> {
    await this.each((child) => child.ask('expectEvents', { group, each }));
  }

  /** When the last of the events came that were expected. */
  async lastArrival(): Promise<number> {
    return Math.max(...(await this.each((child) => child.ask('lastArrival', undefined))));
  }

  async leave({ group }: Server): Promise<void> {
    await this.each((child) => child.ask('leave', { group }));
  }

  /** One of the processes that clients are in. */
  client(index: number): Child<ClientDeeds> {
    return this.clients[index]!;
  }

  private each<Result>(ask: (child: Child<ClientDeeds>, index: number) => Promise<Result>): Promise<Result[]> {
    return Promise.all(this.clients.map(ask));
  }

  private newGroup(): string {
    this.started += 1;
    return `group ${this.started}`;
  }
}
