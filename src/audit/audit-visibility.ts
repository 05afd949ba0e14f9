import { createdAt, type Snowflake } from '../common/snowflake';
import { has, Permission } from '../permissions/compute-permissions';
import type { GuildAuthority } from '../permissions/authority';
import type { GuildTracks } from '../permissions/guild-state';
import { layoutFor } from '../tracks/track-visibility';
import type { AuditEntryDto } from './audit.dto';
import { ADMINISTRATORS, type AuditAction, type AuditEntryDocument } from './audit-entry.schema';
import type { AuditChange } from './diff';

/** What somebody sees who reads the log. */
export interface AuditReader {
  /** What the entries that they may read are found by. */
  readonly audience: readonly Snowflake[];
  readonly sees: (trackId: Snowflake) => boolean;
  /** Whether there is no track that they don't see. */
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

/** ADMINISTRATOR reads all, of tracks that are gone too; everybody else what speaks of no track, or of one that they may view now. */
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

/** An entry as somebody sees it who may read it. */
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

/** What tells where tracks are. */
const TRACK_MOVE_ACTIONS: ReadonlySet<AuditAction> = new Set<AuditAction>([
  'TRACK_CREATE',
  'TRACK_UPDATE',
  'TRACK_DELETE',
  'TRACKS_REORDER',
]);

// A position counts the tracks before it, and a category is one itself: what is hidden is in no number, and is no parent.
function placingSeenBy(change: AuditChange, { sees, seesAll }: AuditReader): AuditChange[] {
  if (change.id !== undefined && !sees(change.id)) return [];
  if (change.key === 'position') return seesAll ? [change] : [];
  if (change.key !== 'parent_id') return [change];
  const [was, is] = [change.old, change.new].map((id) => (typeof id === 'bigint' && sees(id) ? id : null));
  return was === is ? [] : [{ ...change, old: was, new: is }];
}
