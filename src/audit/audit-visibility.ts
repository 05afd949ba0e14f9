import { createdAt, type Snowflake } from '../common/snowflake';
import { has, Permission } from '../permissions/compute-permissions';
import type { GuildAuthority } from '../permissions/authority';
import type { GuildTracks } from '../permissions/guild-state';
import { layoutFor } from '../tracks/track-visibility';
import type { AuditEntryDto } from './audit.dto';
import { ADMINISTRATORS, type AuditAction, type AuditEntryDocument } from './audit-entry.schema';
import type { AuditChange } from './diff';

/** What a reader of the audit log may see. */
export interface AuditReader {
  /** The audience ids whose entries the reader may read. */
  readonly audience: readonly Snowflake[];
  readonly sees: (trackId: Snowflake) => boolean;
  /** Whether the reader can view all tracks. */
  readonly seesAll: boolean;
  /** Returns whether the reader has VIEW_MESSAGE_HISTORY in a track that the reader can view. */
  readonly readsHistory: (trackId: Snowflake) => boolean;
}

const ADMINISTRATOR: AuditReader = {
  audience: [ADMINISTRATORS],
  sees: () => true,
  seesAll: true,
  readsHistory: () => true,
};

/**
 * Returns the reader for a member: ADMINISTRATOR reads all entries, also about deleted tracks; other members read
 * entries without a track, or about a track that they can view now.
 */
export function auditReaderFor(authority: GuildAuthority, tracks: GuildTracks): AuditReader {
  if (has(authority.permissions, Permission.Administrator)) return ADMINISTRATOR;
  const layout = layoutFor(authority, tracks);
  const visible = new Set(layout.map(({ id }) => id));
  const readsHistory = (id: Snowflake): boolean => {
    const track = tracks.get(id);
    return track !== undefined && has(authority.permissionsIn(track, tracks), Permission.ViewMessageHistory);
  };
  return {
    audience: [authority.guildId, ...visible],
    sees: (id) => visible.has(id),
    seesAll: layout === authority.state.guild.track_layout,
    readsHistory,
  };
}

/** Returns an entry with the parts that a reader may see. */
export function toAuditEntryDto(
  { _id, guild_id, user_id, action, target_id, audience, changes, reason }: AuditEntryDocument,
  reader: AuditReader,
): AuditEntryDto {
  const trackIds = audience.filter((id) => id !== ADMINISTRATORS && id !== guild_id && reader.sees(id));
  return {
    id: _id,
    guild_id,
    user_id,
    action,
    target_id: ABOUT_MESSAGE.has(action) && !trackIds.every(reader.readsHistory) ? null : target_id,
    track_ids: trackIds,
    changes: TRACK_MOVE_ACTIONS.has(action) ? changes.flatMap((change) => placingSeenBy(change, reader)) : [...changes],
    reason,
    created_at: createdAt(_id),
  };
}

/** Actions whose target is a message. */
const ABOUT_MESSAGE: ReadonlySet<AuditAction> = new Set<AuditAction>([
  'MESSAGE_DELETE',
  'PIN_ADD',
  'PIN_REMOVE',
  'REACTIONS_CLEAR',
]);

/** Actions whose changes contain the positions of tracks. */
const TRACK_MOVE_ACTIONS: ReadonlySet<AuditAction> = new Set<AuditAction>([
  'TRACK_CREATE',
  'TRACK_UPDATE',
  'TRACK_DELETE',
  'TRACKS_REORDER',
]);

// A position counts the tracks before it and a parent is a category: hidden tracks must not be revealed by either.
function placingSeenBy(change: AuditChange, { sees, seesAll }: AuditReader): AuditChange[] {
  if (change.id !== undefined && !sees(change.id)) return [];
  if (change.key === 'position') return seesAll ? [change] : [];
  if (change.key !== 'parent_id') return [change];
  const [was, is] = [change.old, change.new].map((id) => (typeof id === 'bigint' && sees(id) ? id : null));
  return was === is ? [] : [{ ...change, old: was, new: is }];
}
