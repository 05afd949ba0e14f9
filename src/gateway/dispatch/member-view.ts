import type { Snowflake } from '../../common/snowflake';
import type { DomainEvent } from '../../events/event-log';
import { type EventData, type EventName, isNamed } from '../../events/event-map';
import type { LayoutEntry } from '../../common/layout-entry';
import { inviteSeenBy } from '../../invites/invite.dto';
import { has, Permission, type PermissionSet, union } from '../../permissions/compute-permissions';
import { GuildAuthority } from '../../permissions/authority';
import { type GuildPermissions, RoleSetPermissions } from '../../permissions/guild-permissions';
import type { GuildState, GuildTracks } from '../../permissions/guild-state';
import type { Viewer } from '../../permissions/viewer';
import { isSameLayout } from '../../tracks/track-moves';
import { layoutSeenBy, placesIn, type TrackLayout, type TrackPlace } from '../../tracks/track-order';
import { layoutFor } from '../../tracks/track-visibility';

/** A guild with its roles and tracks at one moment. */
export interface GuildSnapshotView {
  readonly state: GuildState;
  readonly tracks: GuildTracks;
}

// Tracks are announced per group of sockets when they appear or disappear for the group.
const SENT_AS_VISIBILITY: ReadonlySet<EventName> = new Set<EventName>(['TRACK_CREATE', 'TRACK_DELETE']);

/** The part of a guild that a viewer may see at one moment. */
export class MemberView {
  /** The visible tracks, in order. */
  readonly trackIds: ReadonlySet<Snowflake>;
  private readonly layout: TrackLayout;
  private readonly permissions: () => GuildPermissions;
  private cachedPlaces: ReadonlyMap<Snowflake, TrackPlace> | undefined;

  constructor(
    viewer: Viewer,
    private readonly view: GuildSnapshotView,
  ) {
    this.permissions = permissionsOf(viewer, view);
    this.layout = layoutFor(this.permissions(), view.tracks);
    this.trackIds = new Set(this.layout.map(({ id }) => id));
  }

  /** The category and position of each visible track, as the viewer sees them. */
  get places(): ReadonlyMap<Snowflake, TrackPlace> {
    return (this.cachedPlaces ??= placesIn(this.layout));
  }

  /** Returns whether the viewer has a permission in the guild now. */
  holds(permission: PermissionSet): boolean {
    return has(this.permissions().permissions, permission);
  }

  /** Returns whether the viewer may read messages of a track that were sent before the track became visible. */
  canReadHistory(trackId: Snowflake): boolean {
    const track = this.view.tracks.get(trackId);
    return (
      track !== undefined &&
      has(
        this.permissions().permissionsIn(track, this.view.tracks),
        union(Permission.ViewTrack, Permission.ViewMessageHistory),
      )
    );
  }

  /** Returns the payload of an event of the guild as the viewer receives it; undefined when the viewer does not receive the event. */
  project(event: DomainEvent): EventData<EventName> | undefined {
    const { audience, name, data } = event;
    if ('userIds' in audience || SENT_AS_VISIBILITY.has(name)) return undefined;
    const { trackId, permission } = audience;
    if (trackId !== undefined && !this.trackIds.has(trackId)) return undefined;
    if (permission !== undefined && !this.holds(permission)) return undefined;
    // The place of a track depends on which other tracks are visible.
    if (isNamed(event, 'TRACKS_REORDER')) {
      const layout = this.visiblePart(event.data.layout);
      return audience.layoutBefore && isSameLayout(layout, this.visiblePart(audience.layoutBefore))
        ? undefined
        : { ...event.data, layout: [...layout] };
    }
    if (isNamed(event, 'INVITE_CREATE')) return inviteSeenBy(event.data, (id) => this.trackIds.has(id));
    if (isNamed(event, 'TRACK_UPDATE')) return { ...event.data, ...this.places.get(event.data.id) };
    return data;
  }

  private visiblePart(layout: readonly LayoutEntry[]): readonly LayoutEntry[] {
    return layoutSeenBy(layout, (id) => this.trackIds.has(id));
  }
}

/** Returns a getter of the viewer's permissions. A timeout ends with time, so the permissions of one member are computed at each call. */
function permissionsOf({ member, roleIds }: Viewer, { state }: GuildSnapshotView): () => GuildPermissions {
  if (member) return () => new GuildAuthority(state, member, undefined, Date.now());
  const permissions = new RoleSetPermissions(state, roleIds);
  return () => permissions;
}
