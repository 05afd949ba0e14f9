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

/** What somebody looks at: the members in a range of the list, or only whether they are there. */
export interface ListRange {
  readonly range: MemberRange;
  readonly showsMembers: boolean;
}

/** A look at everybody whom a list can show, without showing them. */
export const EVERYBODY: ListRange = { range: [0, LIMITS.memberList - 1], showsMembers: false };

/** The same look of any number of sockets: they share what they are told. */
interface ListWindow extends ListRange {
  readonly rooms: { readonly members: string; readonly presence: string };
  readonly sockets: Set<ClientSocket>;
}

/** What a guild that is looked at needs from around it. */
export interface MemberListDeps {
  readonly memberList: MemberListRepository;
  /** Sends to everybody in a room. */
  send<Name extends keyof ServerEvents>(room: string, name: Name, data: ServerEvents[Name]): void;
  /** Called with who is looked at from now on, and who no longer is. */
  watch(guild: GuildMemberList, appeared: Iterable<Snowflake>, disappeared: Iterable<Snowflake>): void;
  onError(error: unknown): void;
}

/**
 * A guild that somebody on this node looks at: one part of its member list, from the lowest place that is looked at to the highest, read at most
 * once a second however many look, and only after something happened.
 */
export class GuildMemberList {
  private readonly windows = new Map<string, ListWindow>();
  private readonly subscribers = new Map<ClientSocket, ListWindow>();
  private readonly flushTask: ThrottledTask;
  private list = MemberListPage.NOTHING;
  private isStale = true;
  private isFailing = false;
  private changedPresences = new Set<Snowflake>();
  private renamed = new Set<Snowflake>();
  private reading: Promise<void> = Promise.resolve();

  constructor(
    readonly id: Snowflake,
    private readonly around: MemberListDeps,
  ) {
    this.flushTask = new ThrottledTask(
      FLUSH_INTERVAL_MS,
      () => this.flush(),
      (error) => around.onError(error),
    );
  }

  get isEmpty(): boolean {
    return this.subscribers.size === 0;
  }

  /** Takes a socket in, instead of what it looked at before. */
  enter(socket: ClientSocket, look: ListRange): void {
    this.leave(socket);
    const window = this.windowOf(look);
    window.sockets.add(socket);
    this.subscribers.set(socket, window);
  }

  /** Lets a socket go. */
  leave(socket: ClientSocket): void {
    const window = this.subscribers.get(socket);
    if (!window) return;
    this.subscribers.delete(socket);
    window.sockets.delete(socket);
    for (const room of Object.values(window.rooms)) void socket.leave(room);
    if (window.sockets.size === 0) this.windows.delete(keyOf(window));
  }

  /** Stops, when nobody looks any more. */
  close(): void {
    this.flushTask.stop();
    this.around.watch(this, [], this.list.userIds);
  }

  /** The sockets of these that look. */
  socketsOf(userId: Snowflake): ClientSocket[] {
    return [...this.subscribers.keys()].filter((socket) => socket.data.session.user_id === userId);
  }

  /** All sockets that look. */
  get sockets(): Iterable<ClientSocket> {
    return this.subscribers.keys();
  }

  /** What a socket that has entered sees now; from then on it is told what changes. Undefined when it has left meanwhile, or looks at something else. */
  async show(socket: ClientSocket): Promise<MemberWindow | undefined> {
    const window = this.subscribers.get(socket);
    if (!window) return undefined;
    await this.readUnless(
      () => this.subscribers.get(socket) !== window || (this.list.covers(window.range) && !this.isStale),
    );
    if (this.subscribers.get(socket) !== window) return undefined;
    if (window.showsMembers && hasIntent(socket, 'members')) void socket.join(window.rooms.members);
    if (hasIntent(socket, 'presence')) void socket.join(window.rooms.presence);
    return this.seenThrough(window);
  }

  /** A membership changed. */
  markStale(): void {
    this.isStale = true;
    this.flushTask.schedule();
  }

  /** Somebody's account has another name. */
  memberRenamed(userId: Snowflake): void {
    this.renamed.add(userId);
    this.markStale();
  }

  /** Somebody who is in the list looks different. */
  presenceChanged(userId: Snowflake): void {
    this.changedPresences.add(userId);
    this.flushTask.schedule();
  }

  private windowOf(look: ListRange): ListWindow {
    const key = keyOf(look);
    const room = `looking:${this.id}:${key}`;
    const window = this.windows.get(key) ?? {
      ...look,
      rooms: { members: `${room}:members`, presence: `${room}:presence` },
      sockets: new Set<ClientSocket>(),
    };
    this.windows.set(key, window);
    return window;
  }

  private seenThrough({ range, showsMembers }: ListWindow): MemberWindow {
    const members = this.list.within(range).map((member) => this.around.memberList.rowOf(member));
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

  // What fails is tried again, and told once.
  private async readAgain(): Promise<void> {
    try {
      await this.readUnless(() => !this.isStale);
      this.isFailing = false;
    } catch (error) {
      if (!this.isFailing) this.around.onError(error);
      this.isFailing = true;
      this.flushTask.schedule();
    }
  }

  // One after the other, so that what is told last is what is true last.
  private readUnless(isNeedless: () => boolean): Promise<void> {
    const done = this.reading.then(async () => {
      if (!isNeedless() && !this.isEmpty) await this.read();
    });
    this.reading = done.catch(() => undefined);
    return done;
  }

  private async read(): Promise<void> {
    const { list: before, renamed } = this;
    // What happens from here on may be missing in what is read.
    this.isStale = false;
    this.renamed = new Set();
    try {
      const range = enclosingRange([...this.windows.values()].map((window) => window.range));
      this.list = await this.around.memberList.read(this.id, range, { list: before, renamed });
    } catch (error) {
      this.isStale = true;
      this.renamed = new Set([...renamed, ...this.renamed]);
      throw error;
    }
    if (this.isEmpty) return;
    this.around.watch(this, missingIn(before, this.list), missingIn(this.list, before));
    for (const window of this.windows.values()) this.sendDifference(window, before);
  }

  private sendDifference(window: ListWindow, before: MemberListPage): void {
    const { range, rooms, showsMembers } = window;
    const { userIds, changed } = difference(before.within(range), this.list.within(range));
    if (!showsMembers) {
      this.sendPresences(window, this.arrivedIn(range, before));
      return;
    }
    if (!userIds && changed.length === 0 && before.memberCount === this.list.memberCount) return;
    this.around.send(rooms.members, 'MEMBER_LIST_UPDATE', {
      guild_id: this.id,
      member_count: this.list.memberCount,
      ...(userIds && { user_ids: [...userIds] }),
      changed: changed.map((member) => this.around.memberList.rowOf(member)),
    });
  }

  private arrivedIn(range: MemberRange, before: MemberListPage): Snowflake[] {
    const existing = new Set(before.within(range).map(({ user_id }) => user_id));
    const arrived = this.list.within(range).filter(({ user_id }) => !existing.has(user_id));
    return arrived
      .map((member) => this.around.memberList.rowOf(member))
      .filter(({ status }) => status !== 'offline')
      .map(({ user_id }) => user_id);
  }

  private sendPresences({ rooms }: ListWindow, userIds: readonly Snowflake[]): void {
    const presences = userIds.map((id): PresenceDto => ({ user_id: id, status: this.around.memberList.statusOf(id) }));
    if (presences.length > 0) this.around.send(rooms.presence, 'PRESENCE_UPDATE', { guild_id: this.id, presences });
  }
}

const keyOf = ({ range: [first, last], showsMembers }: ListRange): string =>
  `${first}-${last}${showsMembers ? '' : ' presence'}`;

const missingIn = (list: MemberListPage, other: MemberListPage): Snowflake[] =>
  [...other.userIds].filter((id) => list.find(id) === undefined);
