import type { Snowflake } from '../../common/snowflake';
import { type Intent, type IntentSet, includesIntent } from '../../events/intents';
import { type Viewer, viewerKeyOf } from '../../permissions/viewer';
import type { ClientSocket } from '../transport/client-socket';
import { type GuildSnapshotView, MemberView } from './member-view';
import { type Moment, type VisibleSince, visibleSince } from './visible-since';

/** Sockets whose users have the same view of a guild: the sockets of one viewer. Those with the same intents share a Socket.IO room. */
export class VisibilityGroup {
  /** Identifies the viewer. Equal keys mean equal permissions under every state of the guild. */
  readonly key: string;
  private readonly counts = new Map<IntentSet, number>();
  private current: MemberView;
  private since: VisibleSince;

  constructor(
    guildId: Snowflake,
    private readonly viewer: Viewer,
    view: GuildSnapshotView,
    now: Moment,
  ) {
    this.key = viewerKeyOf(guildId, viewer);
    this.current = new MemberView(viewer, view);
    this.since = visibleSince(this.current.trackIds, new Map(), now);
  }

  get isEmpty(): boolean {
    return this.counts.size === 0;
  }

  /** The view of these users. */
  get view(): MemberView {
    return this.current;
  }

  /** The moment from which each visible track has been visible to the group. */
  get visibleSince(): VisibleSince {
    return this.since;
  }

  /** Returns the rooms of the sockets that have an intent. */
  roomsFor(family: Intent | undefined): string[] {
    return [...this.counts.keys()]
      .filter((intents) => family === undefined || includesIntent(intents, family))
      .map((intents) => this.room(intents));
  }

  /** Adds a socket. */
  enter(socket: ClientSocket): void {
    const { intents } = socket.data;
    this.counts.set(intents, (this.counts.get(intents) ?? 0) + 1);
    void socket.join(this.room(intents));
  }

  /** Removes a socket of this group. */
  leave(socket: ClientSocket): void {
    const { intents } = socket.data;
    const count = (this.counts.get(intents) ?? 0) - 1;
    if (count > 0) this.counts.set(intents, count);
    else this.counts.delete(intents);
    void socket.leave(this.room(intents));
  }

  /** Evaluates the viewer under a new state of the guild. */
  refresh(view: GuildSnapshotView, now: Moment): void {
    this.current = new MemberView(this.viewer, view);
    this.since = visibleSince(this.current.trackIds, this.since, now);
  }

  private room(intents: IntentSet): string {
    return `${this.key}:${intents}`;
  }
}
