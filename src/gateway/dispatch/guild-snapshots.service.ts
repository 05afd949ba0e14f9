import { Injectable } from '@nestjs/common';
import type { Snowflake } from '../../common/snowflake';
import { toGuildDto } from '../../guilds/guilds.service';
import { GuildNotFound } from '../../permissions/permissions.errors';
import type { MemberDocument } from '../../members/member.schema';
import { toMemberDto } from '../../members/member.dto';
import { GuildAuthority } from '../../permissions/authority';
import type { GuildPermissions } from '../../permissions/guild-permissions';
import { AuthorityResolver } from '../../permissions/authority-resolver';
import { roleDtos } from '../../roles/roles.service';
import { visibleTracks } from '../../tracks/track-visibility';
import type { GuildSnapshot } from '../protocol/gateway-payloads.dto';
import type { GuildSnapshotView } from './member-view';

/** A membership, and the state of its guild at one moment. */
export interface MemberGuild {
  readonly member: MemberDocument;
  readonly view: GuildSnapshotView;
}

/** Loads the current state of guilds. */
@Injectable()
export class GuildSnapshots {
  constructor(private readonly resolver: AuthorityResolver) {}

  /** Returns the current state of a guild; undefined if it does not exist. */
  async find(guildId: Snowflake): Promise<GuildSnapshotView | undefined> {
    try {
      const [state, tracks] = await Promise.all([
        this.resolver.getGuildState(guildId),
        this.resolver.getTracksOfGuild(guildId),
      ]);
      return { state, tracks };
    } catch (error) {
      if (error instanceof GuildNotFound) return undefined;
      throw error;
    }
  }

  /** Returns the current state of the guilds of memberships, without deleted guilds. */
  async memberGuilds(memberships: readonly MemberDocument[]): Promise<MemberGuild[]> {
    const views = await Promise.all(memberships.map(({ guild_id }) => this.find(guild_id)));
    return memberships.flatMap((member, index) => {
      const view = views[index];
      return view ? [{ member, view }] : [];
    });
  }
}

/** Returns everything that a client needs to show a guild. */
export function snapshotOf({ member, view }: MemberGuild): GuildSnapshot {
  return {
    ...guildFieldsFor(new GuildAuthority(view.state, member, undefined, Date.now()), view),
    me: toMemberDto(member),
  };
}

/** Returns the part of a guild's snapshot that is the same for all members with these permissions. */
export function guildFieldsFor(
  permissions: GuildPermissions,
  { state, tracks }: GuildSnapshotView,
): Omit<GuildSnapshot, 'me'> {
  return { ...toGuildDto(state.guild), roles: roleDtos(state), tracks: visibleTracks(permissions, tracks) };
}
