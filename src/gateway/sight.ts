import type { Snowflake } from '../common/snowflake';
import type { DomainEvent } from '../events/event-log';
import { type EventData, type EventName, isNamed } from '../events/event-map';
import { inviteSeenBy } from '../invites/invite.dto';
import type { MemberDocument } from '../members/member.schema';
import { has, Permission, type PermissionSet, union } from '../permissions/algebra';
import { GuildAuthority } from '../permissions/authority';
import type { GuildState, GuildTracks } from '../permissions/guild-state';
import { layoutSeenBy, placesIn, type TrackLayout, type TrackPlace } from '../tracks/track-order';
import { layoutFor } from '../tracks/track-views';

/** What a guild looks like at one moment, for everybody in it. */
export interface GuildView {
  readonly state: GuildState;
  readonly tracks: GuildTracks;
}

// That a track appeared or disappeared is told to each group as it comes about for them.
const TOLD_BY_VISIBILITY: ReadonlySet<EventName> = new Set<EventName>(['TRACK_CREATE', 'TRACK_DELETE']);

/** What a member sees of a guild at one moment: the same as everybody with the same permissions. */
export class Sight {
  /** The tracks that they may view, in order. */
  readonly trackIds: ReadonlySet<Snowflake>;
  private readonly layout: TrackLayout;
  private seenPlaces: ReadonlyMap<Snowflake, TrackPlace> | undefined;

  constructor(
    private readonly member: MemberDocument,
    private readonly view: GuildView,
  ) {
    this.layout = layoutFor(this.authority(), view.tracks);
    this.trackIds = new Set(this.layout.map(({ id }) => id));
  }

  /** Where they see each of them. */
  get places(): ReadonlyMap<Snowflake, TrackPlace> {
    return (this.seenPlaces ??= placesIn(this.layout));
  }

  /** Whether they hold a permission in the guild, right now. */
  holds(permission: PermissionSet): boolean {
    return has(this.authority().permissions, permission);
  }

  /** Whether they may read what was said in a track before they came to see it. */
  mayReadBack(trackId: Snowflake): boolean {
    const track = this.view.tracks.get(trackId);
    return track !== undefined && has(this.authority().in(track, this.view.tracks), union(Permission.ViewTrack, Permission.ViewMessageHistory));
  }

  /** What an event of the guild tells them; undefined when it is not for them. */
  of(event: DomainEvent): EventData<EventName> | undefined {
    const { audience, name, data } = event;
    if ('userIds' in audience || TOLD_BY_VISIBILITY.has(name)) return undefined;
    const { trackId, permission } = audience;
    if (trackId !== undefined && !this.trackIds.has(trackId)) return undefined;
    if (permission !== undefined && !this.holds(permission)) return undefined;
    // Where a track is depends on what else somebody sees.
    if (isNamed(event, 'TRACKS_REORDER')) return { ...event.data, layout: [...layoutSeenBy(event.data.layout, (id) => this.trackIds.has(id))] };
    if (isNamed(event, 'INVITE_CREATE')) return inviteSeenBy(event.data, (id) => this.trackIds.has(id));
    if (isNamed(event, 'TRACK_UPDATE')) return { ...event.data, ...this.places.get(event.data.id) };
    return data;
  }

  private authority(): GuildAuthority {
    return new GuildAuthority(this.view.state, this.member, undefined, Date.now());
  }
}
