import type { Snowflake } from '../../common/snowflake';
import type { MemberDocument } from '../../members/member.schema';
import { usersWithOverwrite } from '../../permissions/guild-state';
import { viewerKeyOf, viewerOf } from '../../permissions/viewer';
import type { VisibleTracks } from '../../read-states/read-states.service';
import { type ClientSocket, hasIntent } from '../transport/client-socket';
import type { GuildSnapshotView, MemberView } from './member-view';
import { UnsentRoles } from './unsent-roles';
import { VisibilityGroup } from './visibility-group';
import { allSeenSince, type Entrance, type Moment, seenSince } from './visible-since';

/** Tracks that became visible or hidden for some sockets. */
export interface VisibilityChange {
  /** The Socket.IO rooms of the sockets that receive track events. */
  readonly rooms: readonly string[];
  /** The tracks that are visible now. */
  readonly trackIds: ReadonlySet<Snowflake>;
  readonly appeared: readonly Snowflake[];
  readonly disappeared: readonly Snowflake[];
  /** Whether tracks that stay visible are in another category, because a category appeared or disappeared. */
  readonly isRearranged: boolean;
}

/** Sends a change of visibility. Called while exactly the sockets concerned are in the rooms. */
export type ReportVisibility = (change: VisibilityChange) => void;

interface SocketEntry extends Entrance {
  readonly member: MemberDocument;
  readonly group: VisibilityGroup;
}

/** A socket that changes its group. */
interface SocketMove {
  readonly socket: ClientSocket;
  readonly member: MemberDocument;
  /** The view of the socket before; undefined if it was in no group. */
  readonly before: MemberView | undefined;
  readonly carried: Entrance['carried'];
}

/** The sockets on this node whose users are members of one guild, in visibility groups. */
export class GuildSockets {
  private readonly groupsByKey = new Map<string, VisibilityGroup>();
  private readonly entries = new Map<ClientSocket, SocketEntry>();
  private refreshes = 0;
  /** Roles whose creation or deletion was applied here, and not sent yet. */
  readonly unsentRoles = new UnsentRoles();

  /** @param newestId returns an id that is not below the id of any message so far. Ids are compared with ids, because they can be ahead of the clock. */
  constructor(
    private current: GuildSnapshotView,
    private readonly newestId: () => Snowflake,
  ) {}

  /** The guild under which the groups were evaluated last. */
  get view(): GuildSnapshotView {
    return this.current;
  }

  get isEmpty(): boolean {
    return this.entries.size === 0;
  }

  /** Every socket in the guild. */
  get sockets(): Iterable<ClientSocket> {
    return this.entries.keys();
  }

  /** Every socket in the guild, with the membership of its user. */
  get members(): Iterable<readonly [ClientSocket, MemberDocument]> {
    return [...this.entries].map(([socket, { member }]) => [socket, member] as const);
  }

  has(socket: ClientSocket): boolean {
    return this.entries.has(socket);
  }

  /** Every visibility group. */
  get groups(): Iterable<VisibilityGroup> {
    return this.groupsByKey.values();
  }

  /** Returns the tracks visible to the user of a socket; undefined if the socket is not in the guild. */
  visibleTo(socket: ClientSocket): VisibleTracks | undefined {
    const entry = this.entries.get(socket);
    return entry && { member: entry.member, trackIds: entry.group.view.trackIds };
  }

  /** Returns whether the user of a socket may read the history of a track now. */
  canReadHistory(socket: ClientSocket, trackId: Snowflake): boolean {
    return this.viewOf(socket)?.canReadHistory(trackId) === true;
  }

  /** Returns the sockets of some groups with their users. */
  *socketsIn(groups: ReadonlySet<VisibilityGroup>): Iterable<readonly [ClientSocket, Snowflake]> {
    for (const [socket, entry] of this.entries) if (groups.has(entry.group)) yield [socket, entry.member.user_id];
  }

  /** Returns whether a message was sent while a socket was connected and its user could view the track, which the user can view now. */
  hasSeen(socket: ClientSocket, trackId: Snowflake, messageId: Snowflake): boolean {
    const entry = this.entries.get(socket);
    const since = entry && seenSince(trackId, entry.group.visibleSince, entry);
    return since !== undefined && messageId > since;
  }

  /** Adds a socket, or moves it to the group of the given membership. */
  enter(socket: ClientSocket, member: MemberDocument): void {
    this.place(socket, member, this.seenBy(socket));
  }

  private place(socket: ClientSocket, member: MemberDocument, carried: Entrance['carried']): void {
    this.detach(socket);
    const group = this.groupFor(member);
    group.enter(socket);
    this.entries.set(socket, { member, group, entered: this.now(), carried });
  }

  private seenBy(socket: ClientSocket): Entrance['carried'] {
    const entry = this.entries.get(socket);
    return entry && allSeenSince(entry.group.visibleSince, entry);
  }

  private now(): Moment {
    return { order: this.refreshes, newestId: this.newestId() };
  }

  /** Removes a socket. */
  leave(socket: ClientSocket): void {
    this.detach(socket);
  }

  private detach(socket: ClientSocket): void {
    const entry = this.entries.get(socket);
    if (!entry) return;
    this.entries.delete(socket);
    entry.group.leave(socket);
    if (entry.group.isEmpty) this.groupsByKey.delete(entry.group.key);
  }

  /** Applies a changed membership to the sockets of its user, and reports the changes of visibility. */
  update(sockets: Iterable<ClientSocket>, member: MemberDocument, report: ReportVisibility): void {
    for (const socket of sockets)
      this.move({ socket, member, before: this.viewOf(socket), carried: this.seenBy(socket) }, report);
  }

  /**
   * Applies a new state of the guild and reports the changes of visibility.
   *
   * Sockets that change their group leave it before the group is reported and enter the other one afterwards, so that no report reaches a socket to
   * which it does not apply.
   */
  refresh(view: GuildSnapshotView, report: ReportVisibility): void {
    const old = this.current;
    if (view.state === old.state && view.tracks === old.tracks) return;
    // An older version never replaces a newer one.
    if (view.state.guild.version < old.state.guild.version) return;
    this.current = view;
    this.refreshes += 1;
    this.unsentRoles.note(old.state.guild.role_ids, view.state.guild.role_ids);
    const moved = this.movedSockets(old).map(([socket, { member, group }]) => ({
      socket,
      member,
      before: group.view,
      carried: this.seenBy(socket),
    }));
    for (const { socket } of moved) this.detach(socket);
    const now = this.now();
    for (const group of this.groupsByKey.values()) {
      const before = group.view;
      group.refresh(view, now);
      reportChange(group.roomsFor('tracks'), before, group.view, report);
    }
    for (const move of moved) this.move(move, report);
  }

  private move({ socket, member, before, carried }: SocketMove, report: ReportVisibility): void {
    this.place(socket, member, carried);
    const after = this.viewOf(socket);
    if (before && after) reportChange(hasIntent(socket, 'tracks') ? [socket.id] : [], before, after, report);
  }

  // Only another owner or another set of members with overwrites makes members individual, or ends it.
  private movedSockets(old: GuildSnapshotView): [ClientSocket, SocketEntry][] {
    const isSame =
      old.state.guild.owner_id === this.view.state.guild.owner_id &&
      sameIds(usersWithOverwrite(old.tracks), usersWithOverwrite(this.view.tracks));
    return isSame ? [] : [...this.entries].filter(([, { member, group }]) => this.keyFor(member) !== group.key);
  }

  private viewOf(socket: ClientSocket): MemberView | undefined {
    return this.entries.get(socket)?.group.view;
  }

  private groupFor(member: MemberDocument): VisibilityGroup {
    const key = this.keyFor(member);
    const group =
      this.groupsByKey.get(key) ??
      new VisibilityGroup(member.guild_id, viewerOf(member, this.view), this.view, this.now());
    this.groupsByKey.set(key, group);
    return group;
  }

  private keyFor(member: MemberDocument): string {
    return viewerKeyOf(member.guild_id, viewerOf(member, this.view));
  }
}

const appearedBetween = (before: MemberView, after: MemberView): Snowflake[] =>
  [...after.trackIds].filter((id) => !before.trackIds.has(id));

function reportChange(rooms: readonly string[], before: MemberView, after: MemberView, report: ReportVisibility): void {
  const [appeared, disappeared] = [appearedBetween(before, after), appearedBetween(after, before)];
  if (rooms.length === 0 || appeared.length + disappeared.length === 0) return;
  report({ rooms, trackIds: after.trackIds, appeared, disappeared, isRearranged: isRearranged(before, after) });
}

/** Returns whether a track that is visible before and after has left a category that disappeared, or entered one that appeared. */
function isRearranged(before: MemberView, after: MemberView): boolean {
  return [...after.places].some(([id, { parent_id: parentId }]) => {
    const oldParentId = before.places.get(id)?.parent_id;
    if (oldParentId === undefined || oldParentId === parentId) return false;
    return (
      (oldParentId !== null && !after.trackIds.has(oldParentId)) ||
      (parentId !== null && !before.trackIds.has(parentId))
    );
  });
}

const sameIds = (a: ReadonlySet<Snowflake>, b: ReadonlySet<Snowflake>): boolean =>
  a.size === b.size && [...a].every((id) => b.has(id));
