import { Client } from '../client';
import type { Account } from './api';
import { Replica } from './replica';

/** A message event that reached a connection. */
export interface Arrival {
  readonly name: string;
  readonly id: string;
}

/** One socket of a user, which rebuilds a guild, goes offline, resumes and reconnects. */
export class Connection {
  private client: Client | undefined;
  private ended: Client | undefined;
  private replica: Replica;
  private arrived: Arrival[] = [];
  private readTrackIds: string[] = [];

  constructor(
    readonly name: string,
    readonly account: Account,
    private readonly guildId: string,
  ) {
    this.replica = new Replica(guildId, account.id);
  }

  get isOpen(): boolean {
    return this.client?.socket.connected ?? false;
  }

  /** The guild as this client knows it; undefined when its user is not a member. */
  get state(): Replica['current'] {
    this.takeIn();
    return this.replica.current;
  }

  /** Returns the messages and invites that arrived since the last call. */
  takeArrivals(): Arrival[] {
    this.takeIn();
    return this.arrived.splice(0);
  }

  /** Returns the tracks that READ_STATES named after the last connect; none when they were taken before. */
  takeReadTrackIds(): string[] {
    return this.readTrackIds.splice(0);
  }

  /** Starts over: READY replaces everything. */
  async connect(url: string): Promise<void> {
    this.close();
    this.ended = undefined;
    this.replica = new Replica(this.guildId, this.account.id);
    this.arrived = [];
    this.client = new Client(url, { token: this.account.token });
    await this.client.ready;
    const states = (await this.client.readStates) as unknown as { guild_id: string; track_id: string }[];
    this.readTrackIds = states.flatMap(({ guild_id: guildId, track_id: trackId }) =>
      guildId === this.guildId ? [trackId] : [],
    );
  }

  /** Resumes at any node from where the connection ended. Starts over when the server rejects this. */
  async resume(url: string): Promise<void> {
    this.close();
    if (!this.ended) return this.connect(url);
    const client = new Client(url, this.ended.place);
    try {
      await client.ready;
    } catch {
      client.close();
      return this.connect(url);
    }
    this.ended = undefined;
    this.client = client;
  }

  /** Ends the connection and keeps what is needed to resume. */
  close(): void {
    this.takeIn();
    this.client?.close();
    this.ended = this.client ?? this.ended;
    this.client = undefined;
  }

  /** Waits until a message has arrived, and with it everything that was published before. */
  async reach(messageId: string): Promise<void> {
    await this.client?.next('MESSAGE_CREATE', (data) => data['id'] === messageId);
  }

  private takeIn(): void {
    for (const { name, data } of this.client?.events.splice(0) ?? []) {
      this.replica.apply(name, data);
      if (name === 'MESSAGE_CREATE') this.arrived.push({ name, id: String(data['id']) });
      if (name === 'INVITE_CREATE') this.arrived.push({ name, id: String(data['code']) });
    }
  }
}
