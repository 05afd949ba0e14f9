import type { Snowflake } from '../../common/snowflake';
import { toMemberDto } from '../../members/member.dto';
import { RoleSetPermissions } from '../../permissions/guild-permissions';
import type { GuildState, GuildTracks } from '../../permissions/guild-state';
import { viewerKeyOf, viewerOf } from '../../permissions/viewer';
import { guildFieldsFor, type MemberGuild, snapshotOf } from './guild-snapshots.service';
import { type GuildSnapshotView, MemberView } from './member-view';

const MAX_GROUPS = 100;

/** What all members with the same roles see of a guild in one state. Each part is computed when it is first needed. */
class SharedView {
  private view: MemberView | undefined;
  private json: string | undefined;

  constructor(
    private readonly roleIds: readonly Snowflake[],
    private readonly guild: GuildSnapshotView,
  ) {}

  get memberView(): MemberView {
    return (this.view ??= new MemberView({ roleIds: this.roleIds }, this.guild));
  }

  /** The guild with roles and visible tracks as JSON, without its closing brace. */
  get openJson(): string {
    return (this.json ??= JSON.stringify(
      guildFieldsFor(new RoleSetPermissions(this.guild.state, this.roleIds), this.guild),
    ).slice(0, -1));
  }
}

// The states of a guild are immutable, and the cache of the guild drops them, so that this cache needs no invalidation.
const sharedViews = new WeakMap<GuildState, WeakMap<GuildTracks, Map<string, SharedView>>>();

/** Returns what a member sees of a guild. Members with the same roles share the result, except those with an individual view. */
export function memberViewOf(seat: MemberGuild): MemberView {
  return sharedViewOf(seat)?.memberView ?? new MemberView({ member: seat.member }, seat.view);
}

/** Returns the snapshot of a guild for one of its members as JSON. Only `me` is encoded for each member with the same roles. */
export function snapshotJsonOf(seat: MemberGuild): string {
  const shared = sharedViewOf(seat);
  return shared
    ? `${shared.openJson},"me":${JSON.stringify(toMemberDto(seat.member))}}`
    : JSON.stringify(snapshotOf(seat));
}

function sharedViewOf({ member, view }: MemberGuild): SharedView | undefined {
  const viewer = viewerOf(member, view);
  if (viewer.member) return undefined;
  const groups = groupsOf(view);
  const key = viewerKeyOf(member.guild_id, viewer);
  const existing = groups.get(key);
  if (existing) return existing;
  if (groups.size >= MAX_GROUPS) groups.clear();
  const created = new SharedView(viewer.roleIds, view);
  groups.set(key, created);
  return created;
}

function groupsOf({ state, tracks }: GuildSnapshotView): Map<string, SharedView> {
  const ofState = sharedViews.get(state) ?? new WeakMap<GuildTracks, Map<string, SharedView>>();
  sharedViews.set(state, ofState);
  const groups = ofState.get(tracks) ?? new Map<string, SharedView>();
  ofState.set(tracks, groups);
  return groups;
}
