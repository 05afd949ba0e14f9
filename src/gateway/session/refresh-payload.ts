import type { DomainEvent } from '../../events/event-log';
import { type EventData, type EventName, isNamed } from '../../events/event-map';
import { toGuildDto } from '../../guilds/guilds.service';
import { toRoleDto } from '../../roles/roles.service';
import { toTrackDto, visibleLayout } from '../../tracks/track-visibility';
import type { GuildSnapshotView } from '../dispatch/member-view';

/**
 * Returns an event of a guild with the current payload instead of the payload at its publication.
 *
 * Nodes commit one after another and publish concurrently, so the last event in the log may have an older state, which
 * clients would keep. An event of a deleted role or track keeps its payload: the deletion has an event of its own.
 */
export function withCurrentPayload(event: DomainEvent, view: GuildSnapshotView): DomainEvent {
  const data = currentData(event, view);
  return data ? { ...event, data } : event;
}

function currentData(event: DomainEvent, { state, tracks }: GuildSnapshotView): EventData<EventName> | undefined {
  const { guild, roles } = state;
  if (isNamed(event, 'GUILD_UPDATE')) return toGuildDto(guild);
  if (isNamed(event, 'ROLES_REORDER')) return { ...event.data, role_ids: [...guild.role_ids] };
  if (isNamed(event, 'TRACKS_REORDER')) return { ...event.data, layout: [...guild.track_layout] };
  if (isNamed(event, 'ROLE_CREATE') || isNamed(event, 'ROLE_UPDATE')) {
    const role = roles.find(({ _id }) => _id === event.data.id);
    return role && toRoleDto(role, guild);
  }
  if (isNamed(event, 'TRACK_UPDATE')) {
    const track = tracks.get(event.data.id);
    return (
      track &&
      toTrackDto(
        track,
        visibleLayout(guild.track_layout, () => true),
      )
    );
  }
  return undefined;
}
