import { Injectable } from '@nestjs/common';
import type { Snowflake } from '../common/snowflake';
import { guildDtoOf } from '../guilds/guilds.service';
import { GuildNotFound } from '../guilds/guilds.errors';
import type { MemberDocument } from '../members/member.schema';
import { memberDtoOf } from '../members/member.dto';
import { GuildAuthority } from '../permissions/authority';
import type { GuildPermissions } from '../permissions/guild-permissions';
import { AuthorityResolver } from '../permissions/authority-resolver';
import { roleDtos } from '../roles/roles.service';
import { visibleTracks } from '../tracks/track-views';
import type { GuildSnapshot } from './gateway-events';
import type { GuildView } from './member-view';

/** A guild that somebody is in: their membership, and the guild as it is at that moment. */
export interface Seat {
  readonly member: MemberDocument;
  readonly view: GuildView;
}

/** Looks at guilds as they now are. */
@Injectable()
export class GuildViews {
  constructor(private readonly resolver: AuthorityResolver) {}

  /** What a guild looks like now, when there is one. */
  async find(guildId: Snowflake): Promise<GuildView | undefined> {
    try {
      const [state, tracks] = await Promise.all([this.resolver.stateOfGuild(guildId), this.resolver.tracksOfGuild(guildId)]);
      return { state, tracks };
    } catch (error) {
      if (error instanceof GuildNotFound) return undefined;
      throw error;
    }
  }

  /** What the guilds of these memberships look like now; one that is gone is left out. */
  async seats(memberships: readonly MemberDocument[]): Promise<Seat[]> {
    const views = await Promise.all(memberships.map(({ guild_id }) => this.find(guild_id)));
    return memberships.flatMap((member, index) => {
      const view = views[index];
      return view ? [{ member, view }] : [];
    });
  }
}

/** All of a guild that a client needs to show it. */
export function snapshotOf({ member, view }: Seat): GuildSnapshot {
  return { ...guildFieldsFor(new GuildAuthority(view.state, member, undefined, Date.now()), view), me: memberDtoOf(member) };
}

/** Returns the part of a guild's snapshot that is the same for all members with these permissions. */
export function guildFieldsFor(permissions: GuildPermissions, { state, tracks }: GuildView): Omit<GuildSnapshot, 'me'> {
  return { ...guildDtoOf(state.guild), roles: roleDtos(state), tracks: visibleTracks(permissions, tracks) };
}
