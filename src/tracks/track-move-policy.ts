import type { Snowflake } from '../common/snowflake';
import type { LayoutEntry } from '../common/layout-entry';
import type { SubjectOverwrite } from '../permissions/compute-permissions';
import type { GuildAuthority } from '../permissions/authority';
import { type GuildTracks, trackRules } from '../permissions/guild-state';
import { assertMayChangeRules } from '../permissions/policy';

/** A layout in which these tracks inherit, or don't, as it is asked for. */
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
 * Another category, or none, means other inherited overwrites: nobody lifts anybody by moving a track, nor by what it inherits.
 *
 * @param moved the tracks of which that may be so
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

/** What a category says holds in its tracks too, hidden ones included. @throws PermissionsNotHeld */
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
