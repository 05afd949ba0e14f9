import type { Snowflake } from '../common/snowflake';
import type { LayoutEntry } from '../guilds/guild.schema';
import type { SubjectOverwrite } from '../permissions/algebra';
import type { GuildAuthority } from '../permissions/authority';
import { entriesOf, type GuildTracks, rulesOf } from '../permissions/guild-state';
import { assertMayChangeRules } from '../permissions/policy';
import type { TrackLayout } from './track-order';

/** A layout with whether each track inherits: as it is asked for, else as it did before; a new one does unless asked not to. */
export function inheriting(layout: TrackLayout, before: readonly LayoutEntry[], asked: ReadonlyMap<Snowflake, boolean> = new Map()): LayoutEntry[] {
  const known = entriesOf(before);
  return layout.map(({ id, parent_id }) => {
    const was = known.get(id);
    const inherits = asked.get(id) ?? was?.inherits ?? true;
    return was?.parent_id === parent_id && was.inherits === inherits ? was : { id, parent_id, inherits };
  });
}

/**
 * Another category, or none, means other inherited overwrites: nobody lifts anybody by moving a track, nor by what it inherits.
 *
 * @throws PermissionsNotHeld
 */
export function assertMayRearrange(actor: GuildAuthority, tracks: GuildTracks, layout: readonly LayoutEntry[]): void {
  const { guild } = actor.state;
  const before = entriesOf(guild.track_layout);
  for (const { id, parent_id, inherits } of layout) {
    const was = before.get(id);
    if (!was || (was.parent_id === parent_id && was.inherits === inherits)) continue;
    const track = tracks.get(id);
    if (!track) continue;
    assertMayChangeRules(actor.in(track, tracks), rulesOf(guild, tracks, track), rulesOf({ track_layout: layout }, tracks, track));
  }
}

/** What a category says holds in its tracks too, hidden ones included. @throws PermissionsNotHeld */
export function assertMayChangeCategory(actor: GuildAuthority, tracks: GuildTracks, categoryId: Snowflake, overwrites: readonly SubjectOverwrite[]): void {
  const { guild } = actor.state;
  for (const { id, parent_id } of guild.track_layout) {
    const track = tracks.get(id);
    if (!track || parent_id !== categoryId) continue;
    const before = rulesOf(guild, tracks, track);
    assertMayChangeRules(actor.in(track, tracks), before, { ...before, categoryOverwrites: overwrites });
  }
}
