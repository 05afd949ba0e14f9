import { AtMostEvery } from '../common/at-most-every';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import type { MemberRange } from '../members/member-directory';
import type { PresenceDto } from '../presence/presence.dto';
import { type ClientSocket, type Sent, wants } from './connection';
import type { MemberWindow } from './gateway-events';
import type { ListedMembers } from './listed-members';
import { difference, hull, MemberList } from './member-list';

const TELL_EVERY_MS = 1_000;

/** What somebody looks at: the members in a range of the list, or only whether they are there. */
export interface Look {
  readonly range: MemberRange;
  readonly showsMembers: boolean;
}

/** A look at everybody whom a list can show, without showing them. */
export const EVERYBODY: Look = { range: [0, LIMITS.memberList - 1], showsMembers: false };

/** The same look of any number of sockets: they share what they are told. */
interface Window extends Look {
  readonly rooms: { readonly members: string; readonly presence: string };
  readonly sockets: Set<ClientSocket>;
}

/** What a guild that is looked at needs from around it. */
export interface Surroundings {
  readonly listed: ListedMembers;
  /** Sends to everybody in a room. */
  send<Name extends keyof Sent>(room: string, name: Name, data: Sent[Name]): void;
  /** Called with who is looked at from now on, and who no longer is. */
  watch(guild: LookedAtGuild, appeared: Iterable<Snowflake>, disappeared: Iterable<Snowflake>): void;
  onError(error: unknown): void;
}

/**
 * A guild that somebody on this node looks at: one part of its member list, from the lowest place that is looked at to the highest, read at most
 * once a second however many look, and only after something happened.
 */
export class LookedAtGuild {
  private readonly windows = new Map<string, Window>();
  private readonly lookers = new Map<ClientSocket, Window>();
  private readonly telling: AtMostEvery;
  private list = MemberList.NOTHING;
  private isStale = true;
  private isFailing = false;
  private looksDifferent = new Set<Snowflake>();
  private renamed = new Set<Snowflake>();
  private reading: Promise<void> = Promise.resolve();

  constructor(
    readonly id: Snowflake,
    private readonly around: Surroundings,
  ) {
    this.telling = new AtMostEvery(TELL_EVERY_MS, () => this.tell(), (error) => around.onError(error));
  }

  get isEmpty(): boolean {
    return this.lookers.size === 0;
  }

  /** Takes a socket in, instead of what it looked at before. */
  enter(socket: ClientSocket, look: Look): void {
    this.leave(socket);
    const window = this.windowOf(look);
    window.sockets.add(socket);
    this.lookers.set(socket, window);
  }

  /** Lets a socket go. */
  leave(socket: ClientSocket): void {
    const window = this.lookers.get(socket);
    if (!window) return;
    this.lookers.delete(socket);
    window.sockets.delete(socket);
    for (const room of Object.values(window.rooms)) void socket.leave(room);
    if (window.sockets.size === 0) this.windows.delete(keyOf(window));
  }

  /** Stops, when nobody looks any more. */
  close(): void {
    this.telling.stop();
    this.around.watch(this, [], this.list.userIds);
  }

  /** The sockets of these that look. */
  socketsOf(userId: Snowflake): ClientSocket[] {
    return [...this.lookers.keys()].filter((socket) => socket.data.session.user_id === userId);
  }

  /** All sockets that look. */
  get sockets(): Iterable<ClientSocket> {
    return this.lookers.keys();
  }

  /** What a socket that has entered sees now; from then on it is told what changes. Undefined when it has left meanwhile, or looks at something else. */
  async show(socket: ClientSocket): Promise<MemberWindow | undefined> {
    const window = this.lookers.get(socket);
    if (!window) return undefined;
    await this.readUnless(() => this.lookers.get(socket) !== window || (this.list.covers(window.range) && !this.isStale));
    if (this.lookers.get(socket) !== window) return undefined;
    if (window.showsMembers && wants(socket, 'members')) void socket.join(window.rooms.members);
    if (wants(socket, 'presence')) void socket.join(window.rooms.presence);
    return this.seenThrough(window);
  }

  /** A membership changed. */
  touch(): void {
    this.isStale = true;
    this.telling.ask();
  }

  /** Somebody's account has another name. */
  rename(userId: Snowflake): void {
    this.renamed.add(userId);
    this.touch();
  }

  /** Somebody who is in the list looks different. */
  see(userId: Snowflake): void {
    this.looksDifferent.add(userId);
    this.telling.ask();
  }

  private windowOf(look: Look): Window {
    const key = keyOf(look);
    const room = `looking:${this.id}:${key}`;
    const window = this.windows.get(key) ?? { ...look, rooms: { members: `${room}:members`, presence: `${room}:presence` }, sockets: new Set<ClientSocket>() };
    this.windows.set(key, window);
    return window;
  }

  private seenThrough({ range, showsMembers }: Window): MemberWindow {
    const members = this.list.within(range).map((member) => this.around.listed.rowOf(member));
    return {
      guild_id: this.id,
      member_count: this.list.memberCount,
      members: showsMembers ? members : null,
      presences: showsMembers ? null : members.filter(({ status }) => status !== 'offline').map(({ user_id, status }) => ({ user_id, status })),
    };
  }

  private async tell(): Promise<void> {
    if (this.isStale) await this.readAgain();
    const { looksDifferent } = this;
    this.looksDifferent = new Set();
    if (looksDifferent.size === 0) return;
    for (const window of this.windows.values()) {
      const different = this.list.within(window.range).filter(({ user_id }) => looksDifferent.has(user_id));
      this.tellPresences(window, different.map(({ user_id }) => user_id));
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
      this.telling.ask();
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
      const range = hull([...this.windows.values()].map((window) => window.range));
      this.list = await this.around.listed.read(this.id, range, { list: before, renamed });
    } catch (error) {
      this.isStale = true;
      this.renamed = new Set([...renamed, ...this.renamed]);
      throw error;
    }
    if (this.isEmpty) return;
    this.around.watch(this, missingIn(before, this.list), missingIn(this.list, before));
    for (const window of this.windows.values()) this.tellDifference(window, before);
  }

  private tellDifference(window: Window, before: MemberList): void {
    const { range, rooms, showsMembers } = window;
    const { userIds, changed } = difference(before.within(range), this.list.within(range));
    if (!showsMembers) return this.tellPresences(window, this.arrivedIn(range, before));
    if (!userIds && changed.length === 0 && before.memberCount === this.list.memberCount) return;
    this.around.send(rooms.members, 'MEMBER_LIST_UPDATE', {
      guild_id: this.id,
      member_count: this.list.memberCount,
      ...(userIds && { user_ids: [...userIds] }),
      changed: changed.map((member) => this.around.listed.rowOf(member)),
    });
  }

  private arrivedIn(range: MemberRange, before: MemberList): Snowflake[] {
    const known = new Set(before.within(range).map(({ user_id }) => user_id));
    const arrived = this.list.within(range).filter(({ user_id }) => !known.has(user_id));
    return arrived.map((member) => this.around.listed.rowOf(member)).filter(({ status }) => status !== 'offline').map(({ user_id }) => user_id);
  }

  private tellPresences({ rooms }: Window, userIds: readonly Snowflake[]): void {
    const presences = userIds.map((id): PresenceDto => ({ user_id: id, status: this.around.listed.statusOf(id) }));
    if (presences.length > 0) this.around.send(rooms.presence, 'PRESENCE_UPDATE', { guild_id: this.id, presences });
  }
}

const keyOf = ({ range: [first, last], showsMembers }: Look): string => `${first}-${last}${showsMembers ? '' : ' presence'}`;

const missingIn = (list: MemberList, other: MemberList): Snowflake[] => [...other.userIds].filter((id) => list.find(id) === undefined);
