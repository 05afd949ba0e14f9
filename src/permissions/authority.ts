import type { Snowflake } from '../common/snowflake';
import { has, minus, type PermissionSet, type Subject } from './compute-permissions';
import { GuildPermissions } from './guild-permissions';
import { type GuildState, type GuildTracks, memberRoles } from './guild-state';
import { OwnerOnly, PermissionsMissing, NotATextTrack } from './permissions.errors';
import type { Actor } from './policy';
import type { Requirement } from './requirement.decorator';
import type { MemberRecord, RoleRecord, TrackRecord } from './permission-records';

/** What is asked of a member. */
export type MemberRequirement = Extract<Requirement, { kind: 'member' }>;

/** What one member may do in one guild, as of one version of it. */
export class GuildAuthority extends GuildPermissions<Subject> implements Actor {
  readonly guildId: Snowflake;
  readonly userId: Snowflake;
  readonly isOwner: boolean;
  /** The member's roles, lowest first, with @everyone. */
  readonly roles: readonly RoleRecord[];
  /** The position of their highest role; beyond every role for the owner. */
  readonly highestPosition: number;

  constructor(
    state: GuildState,
    readonly member: MemberRecord,
    /** What they had to meet to get here. */
    readonly requirement: MemberRequirement | undefined,
    private readonly nowMs: number,
  ) {
    const roles = memberRoles(state, member.role_ids);
    const isOwner = state.guild.owner_id === member.user_id;
    super(state, {
      userId: member.user_id,
      isOwner,
      isTimedOut: member.timed_out_until !== null && member.timed_out_until.getTime() > nowMs,
      roles: roles.map(({ _id, allow, deny }) => ({ id: _id, allow, deny })),
    });
    this.guildId = state.guild._id;
    this.userId = member.user_id;
    this.isOwner = isOwner;
    this.roles = roles;
    this.highestPosition = isOwner ? Infinity : state.guild.role_ids.indexOf(roles.at(-1)?._id ?? state.guild._id) + 1;
  }

  /** The same member under another state of the guild. */
  withState(state: GuildState): GuildAuthority {
    return state === this.state ? this : new GuildAuthority(state, this.member, this.requirement, this.nowMs);
  }

  /** @throws PermissionsMissing naming those that they lack in the guild, OwnerOnly when only the owner may */
  assertMeets({ permissions, ownerOnly }: MemberRequirement): void {
    if (ownerOnly && !this.isOwner) throw new OwnerOnly();
    assertHolds(this.permissions, permissions);
  }
}

/** What one member may do in one track that they may view. */
export class TrackAuthority {
  constructor(
    readonly guild: GuildAuthority,
    readonly track: TrackRecord,
    readonly tracks: GuildTracks,
    readonly permissions: PermissionSet,
    /** What they had to meet to get here. */
    readonly requirement: MemberRequirement | undefined,
  ) {}

  get userId(): Snowflake {
    return this.guild.userId;
  }

  get guildId(): Snowflake {
    return this.guild.guildId;
  }

  get trackId(): Snowflake {
    return this.track._id;
  }

  /** @throws OwnerOnly, PermissionsMissing with the permissions that the member lacks in the track, NotATextTrack if the track has another type */
  assertMeets({ permissions, ownerOnly, trackType }: MemberRequirement): void {
    if (ownerOnly && !this.guild.isOwner) throw new OwnerOnly();
    assertHolds(this.permissions, permissions);
    if (trackType !== undefined && this.track.type !== trackType) throw new NotATextTrack();
  }
}

function assertHolds(held: PermissionSet, requested: PermissionSet): void {
  if (!has(held, requested)) throw new PermissionsMissing(minus(requested, held));
}
