import { ThrottledTask } from '../../common/throttled-task';
import { LIMITS } from '../../common/limits';
import type { Snowflake } from '../../common/snowflake';
import type { MemberRange } from '../../members/members.repository';
import type { PresenceDto } from '../../presence/presence.dto';
import { type ClientSocket, type ServerEvents, hasIntent } from '../transport/client-socket';
import type { MemberWindow } from '../protocol/gateway-payloads.dto';
import type { MemberListRepository } from './member-list.repository';
import { difference, enclosingRange, MemberListPage } from './member-list-page';

const FLUSH_INTERVAL_MS = 1_000;

/** What a subscription shows: the members in a range of the list, or only their presences. */
export interface ListRange {
  readonly range: MemberRange;
  readonly showsMembers: boolean;
}

/** A subscription to the presences of all members that a list can show. */
export const EVERYBODY: ListRange = { range: [0, LIMITS.memberList - 1], showsMembers: false };

/** A list range and the sockets that subscribe to it; they share all packets. */
interface ListWindow extends ListRange {
  readonly rooms: { readonly members: string; readonly presence: string };
  readonly sockets: Set<ClientSocket>;
}

/** Collaborators of a member list. */
export interface MemberListDeps {
  readonly memberList: MemberListRepository;
  /** Sends an event to all sockets in a room. */
  send<Name extends keyof ServerEvents>(room: string, name: Name, data: ServerEvents[Name]): void;
  /** Called with the users who entered and left the loaded part of the list. */
  watch(guild: GuildMemberList, appeared: Iterable<Snowflake>, disappeared: Iterable<Snowflake>): void;
  onError(error: unknown): void;
}

/**
 * The member list of a guild with subscriptions on this node. Loads one page that covers all subscribed ranges, at most
 * once a second whatever the number of subscribers, and only after a change.
 */
export class GuildMemberList {
  private readonly windows = new Map<string, ListWindow>();
  private readonly subscribers = new Map<ClientSocket, ListWindow>();
  private readonly flushTask: ThrottledTask;
  private list = MemberListPage.EMPTY;
  private isStale = true;
  private isFailing = false;
  private changedPresences = new Set<Snowflake>();
  private renamed = new Set<Snowflake>();
  private reading: Promise<void> = Promise.resolve();

  constructor(
    readonly id: Snowflake,
    private readonly deps: MemberListDeps,
  ) {
    this.flushTask = new ThrottledTask(
      FLUSH_INTERVAL_MS,
      () => this.flush(),
      (error) => deps.onError(error),
    );
  }

  get isEmpty(): boolean {
    return this.subscribers.size === 0;
  }

  /** Adds a subscription; replaces an earlier subscription of the socket. */
  enter(socket: ClientSocket, range: ListRange): void {
    this.leave(socket);
    const window = this.windowOf(range);
    window.sockets.add(socket);
    this.subscribers.set(socket, window);
  }

  /** Ends the subscription of a socket, if it has one. */
  leave(socket: ClientSocket): void {
    const window = this.subscribers.get(socket);
    if (!window) return;
    this.subscribers.delete(socket);
    window.sockets.delete(socket);
    for (const room of Object.values(window.rooms)) void socket.leave(room);
    if (window.sockets.size === 0) this.windows.delete(keyOf(window));
  }

  /** Stops updates after the last subscription has ended. */
  close(): void {
    this.flushTask.stop();
    this.deps.watch(this, [], this.list.userIds);
  }

  /** Returns the subscribed sockets of a user. */
  socketsOf(userId: Snowflake): ClientSocket[] {
    return [...this.subscribers.keys()].filter((socket) => socket.data.session.user_id === userId);
  }

  /** All subscribed sockets. */
  get sockets(): Iterable<ClientSocket> {
    return this.subscribers.keys();
  }

  /**
   * Returns the current content of a socket's window and starts to send updates to the socket. Returns undefined if the
   * subscription ended or was replaced meanwhile.
   */
  async show(socket: ClientSocket): Promise<MemberWindow | undefined> {
    const window = this.subscribers.get(socket);
    if (!window) return undefined;
    await this.readUnless(
      () => this.subscribers.get(socket) !== window || (this.list.covers(window.range) && !this.isStale),
    );
    if (this.subscribers.get(socket) !== window) return undefined;
    if (window.showsMembers && hasIntent(socket, 'members')) void socket.join(window.rooms.members);
    if (hasIntent(socket, 'presence')) void socket.join(window.rooms.presence);
    return this.contentOf(window);
  }

  /** Schedules a reload after a membership changed. */
  markStale(): void {
    this.isStale = true;
    this.flushTask.schedule();
  }

  /** Schedules a reload that also loads the username of a renamed user. */
  memberRenamed(userId: Snowflake): void {
    this.renamed.add(userId);
    this.markStale();
  }

  /** Schedules an update after the presence of a listed user changed. */
  presenceChanged(userId: Snowflake): void {
    this.changedPresences.add(userId);
    this.flushTask.schedule();
  }

  private windowOf(range: ListRange): ListWindow {
    const key = keyOf(range);
    const room = `member-list:${this.id}:${key}`;
    const window = this.windows.get(key) ?? {
      ...range,
      rooms: { members: `${room}:members`, presence: `${room}:presence` },
      sockets: new Set<ClientSocket>(),
    };
    this.windows.set(key, window);
    return window;
  }

  private contentOf({ range, showsMembers }: ListWindow): MemberWindow {
    const members = this.list.within(range).map((member) => this.deps.memberList.rowOf(member));
    return {
      guild_id: this.id,
      member_count: this.list.memberCount,
      members: showsMembers ? members : null,
      presences: showsMembers
        ? null
        : members.filter(({ status }) => status !== 'offline').map(({ user_id, status }) => ({ user_id, status })),
    };
  }

  private async flush(): Promise<void> {
    if (this.isStale) await this.readAgain();
    const { changedPresences } = this;
    this.changedPresences = new Set();
    if (changedPresences.size === 0) return;
    for (const window of this.windows.values()) {
      const different = this.list.within(window.range).filter(({ user_id }) => changedPresences.has(user_id));
      this.sendPresences(
        window,
        different.map(({ user_id }) => user_id),
      );
    }
  }

  // A failed reload is retried; consecutive failures are reported once.
  private async readAgain(): Promise<void> {
    try {
      await this.readUnless(() => !this.isStale);
      this.isFailing = false;
    } catch (error) {
      if (!this.isFailing) this.deps.onError(error);
      this.isFailing = true;
      this.flushTask.schedule();
    }
  }

  // Reads run one after another, so that the packet sent last has the latest state.
  private readUnless(isUpToDate: () => boolean): Promise<void> {
    const done = this.reading.then(async () => {
      if (!isUpToDate() && !this.isEmpty) await this.read();
    });
    this.reading = done.catch(() => undefined);
    return done;
  }

  private async read(): Promise<void> {
    const { list: before, renamed } = this;
    // Changes from here on may be missing in the result of the query, so they mark the list as stale again.
    this.isStale = false;
    this.renamed = new Set();
    try {
      const range = enclosingRange([...this.windows.values()].map((window) => window.range));
      this.list = await this.deps.memberList.read(this.id, range, { list: before, renamed });
    } catch (error) {
      this.isStale = true;
      this.renamed = new Set([...renamed, ...this.renamed]);
      throw error;
    }
    if (this.isEmpty) return;
    this.deps.watch(this, missingIn(before, this.list), missingIn(this.list, before));
    for (const window of this.windows.values()) this.sendDifference(window, before);
  }

  private sendDifference(window: ListWindow, before: MemberListPage): void {
    const { range, rooms, showsMembers } = window;
    const { userIds, changed } = difference(before.within(range), this.list.within(range));
    if (!showsMembers) {
      this.sendPresences(window, this.onlineArrivalsIn(range, before));
      return;
    }
    if (!userIds && changed.length === 0 && before.memberCount === this.list.memberCount) return;
    this.deps.send(rooms.members, 'MEMBER_LIST_UPDATE', {
      guild_id: this.id,
      member_count: this.list.memberCount,
      ...(userIds && { user_ids: [...userIds] }),
      changed: changed.map((member) => this.deps.memberList.rowOf(member)),
    });
  }

  private onlineArrivalsIn(range: MemberRange, before: MemberListPage): Snowflake[] {
    const existing = new Set(before.within(range).map(({ user_id }) => user_id));
    const arrived = this.list.within(range).filter(({ user_id }) => !existing.has(user_id));
    return arrived
      .map((member) => this.deps.memberList.rowOf(member))
      .filter(({ status }) => status !== 'offline')
      .map(({ user_id }) => user_id);
  }

  private sendPresences({ rooms }: ListWindow, userIds: readonly Snowflake[]): void {
    const presences = userIds.map((id): PresenceDto => ({ user_id: id, status: this.deps.memberList.statusOf(id) }));
    if (presences.length > 0) this.deps.send(rooms.presence, 'PRESENCE_UPDATE', { guild_id: this.id, presences });
  }
}

const keyOf = ({ range: [first, last], showsMembers }: ListRange): string =>
  `${first}-${last}${showsMembers ? '' : ' presence'}`;

const missingIn = (list: MemberListPage, other: MemberListPage): Snowflake[] =>
  [...other.userIds].filter((id) => list.find(id) === undefined);
