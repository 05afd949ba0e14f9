import type { Snowflake } from '../common/snowflake';
import type { LayoutEntry } from '../common/layout-entry';
import type { SubjectOverwrite } from '../permissions/compute-permissions';
import type { GuildAuthority } from '../permissions/authority';
import { type GuildTracks, trackRules } from '../permissions/guild-state';
import { assertMayChangeRules } from '../permissions/policy';

/** Returns a layout in which tracks inherit the overwrites of their category, or do not, as requested. */
export function withInheritance(
  layout: readonly LayoutEntry[],
  asked: ReadonlyMap<Snowflake, boolean>,
): readonly LayoutEntry[] {
  if (asked.size === 0) return layout;
  return layout.map((entry) => {
    const inherits = asked.get(entry.id) ?? entry.inherits;
    return inherits === entry.inherits ? entry : { ...entry, inherits };
  });
}

/**
 * Rejects a move that would grant permissions which the actor lacks: another category, or none, means other inherited overwrites.
 *
 * @param moved the tracks whose inherited overwrites may change
 * @throws PermissionsNotHeld
 */
export function assertMayMove(
  actor: GuildAuthority,
  tracks: GuildTracks,
  layout: readonly LayoutEntry[],
  moved: Iterable<Snowflake>,
): void {
  const { guild } = actor.state;
  for (const id of moved) {
    const track = tracks.get(id);
    if (!track) continue;
    assertMayChangeRules(
      actor.permissionsIn(track, tracks),
      trackRules(guild, tracks, track),
      trackRules({ track_layout: layout }, tracks, track),
    );
  }
}

/** Checks a change of a category in all tracks that inherit from it, hidden ones included. @throws PermissionsNotHeld */
export function assertMayChangeCategory(
  actor: GuildAuthority,
  tracks: GuildTracks,
  categoryId: Snowflake,
  overwrites: readonly SubjectOverwrite[],
): void {
  const { guild } = actor.state;
  for (const { id, parent_id } of guild.track_layout) {
    const track = tracks.get(id);
    if (!track || parent_id !== categoryId) continue;
    const before = trackRules(guild, tracks, track);
    assertMayChangeRules(actor.permissionsIn(track, tracks), before, { ...before, categoryOverwrites: overwrites });
  }
}
