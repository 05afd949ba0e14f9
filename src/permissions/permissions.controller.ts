import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Answers, IdParam, QueryString, Summary, Validated } from '../common/http.decorators';
import { Problems } from '../common/problems.decorator';
import type { Snowflake } from '../common/snowflake';
import { MemberNotFound } from '../members/members.errors';
import { TrackNotFound } from '../tracks/tracks.errors';
import { explain, type Explained as Decision, has, namesOf, Permission, type PermissionSet, withoutCategory } from './algebra';
import type { GuildAuthority } from './authority';
import { AuthorityResolver } from './authority-resolver';
import { Authority } from './call';
import { entriesOf, type GuildTracks, rulesOf } from './guild-state';
import { permissionsDto, type PermissionsQuery, permissionsQuery } from './permissions.dto';
import { Member, RequirePermissions } from './requirement';

/** What somebody may do in a place, and why. */
interface Explained {
  readonly permissions: PermissionSet;
  readonly names: readonly string[];
  readonly bits?: readonly Decision[];
}

@ApiTags('permissions')
@Controller('guilds/:guild_id')
export class PermissionsController {
  constructor(private readonly resolver: AuthorityResolver) {}

  @Get('permissions/@me')
  @Summary('Tells what one may do, in the guild or in a track; with `explain=true` also why.')
  @Member()
  @Validated()
  @Problems(TrackNotFound)
  @Answers(permissionsDto)
  async own(@Authority() authority: GuildAuthority, @QueryString(permissionsQuery) query: PermissionsQuery): Promise<Explained> {
    return this.tell(authority, authority, query);
  }

  @Get('members/:user_id/permissions')
  @Summary('Tells what a member may do, in the guild or in a track; with `explain=true` also why.')
  @RequirePermissions(Permission.ManageRoles)
  @Validated()
  @Problems(TrackNotFound, MemberNotFound)
  @Answers(permissionsDto)
  async others(@Authority() asker: GuildAuthority, @IdParam('user_id') userId: Snowflake, @QueryString(permissionsQuery) query: PermissionsQuery): Promise<Explained> {
    return this.tell(await this.resolver.memberOf(asker.state, userId), asker, query);
  }

  // A track that the asker can't see doesn't exist for them, whoever they ask about.
  private async tell(whose: GuildAuthority, asker: GuildAuthority, { track_id: trackId, explain: wantsReasons }: PermissionsQuery): Promise<Explained> {
    const tracks = trackId === undefined ? undefined : await this.resolver.tracksIn(whose.state.guild);
    const track = trackId === undefined ? undefined : tracks?.get(trackId);
    if (trackId !== undefined && (!track || !tracks || !has(asker.in(track, tracks), Permission.ViewTrack))) throw new TrackNotFound();
    const { permissions, bits } = explain(whose.subject, track && tracks && rulesOf(whose.state.guild, tracks, track));
    const shown = track && tracks && !viewsCategoryOf(asker, tracks, track._id) ? withoutCategory(bits) : bits;
    return { permissions, names: namesOf(permissions), ...(wantsReasons && { bits: shown }) };
  }
}

/** Returns whether a member can view the category of a track; true if the track is in no category. */
function viewsCategoryOf(asker: GuildAuthority, tracks: GuildTracks, trackId: Snowflake): boolean {
  const parentId = entriesOf(asker.state.guild.track_layout).get(trackId)?.parent_id ?? null;
  const category = parentId === null ? undefined : tracks.get(parentId);
  return !category || has(asker.in(category, tracks), Permission.ViewTrack);
}
