import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { SnowflakeParam } from '../common/dto/parameters';
import { ApiResult, Summary } from '../common/http.decorators';
import { ApiProblems } from '../common/problems.decorator';
import type { Snowflake } from '../common/snowflake';
import { MemberNotFound, TrackNotFound } from './permissions.errors';
import { explain, has, namesOf, Permission, withoutCategory } from './compute-permissions';
import type { GuildAuthority } from './authority';
import { AuthorityResolver } from './authority-resolver';
import { Authority } from './request-context';
import { layoutIndex, type GuildTracks, trackRules } from './guild-state';
import { PermissionsDto, PermissionsQuery } from './permissions.dto';
import { RequireMembership, RequirePermissions } from './requirement.decorator';

@ApiTags('permissions')
@Controller('guilds/:guild_id')
export class PermissionsController {
  constructor(private readonly resolver: AuthorityResolver) {}

  @Get('permissions/@me')
  @Summary('Tells what one may do, in the guild or in a track; with `explain=true` also why.')
  @RequireMembership()
  @ApiProblems(TrackNotFound)
  @ApiResult(PermissionsDto)
  async own(@Authority() authority: GuildAuthority, @Query() query: PermissionsQuery): Promise<PermissionsDto> {
    return this.explain(authority, authority, query);
  }

  @Get('members/:user_id/permissions')
  @Summary('Tells what a member may do, in the guild or in a track; with `explain=true` also why.')
  @RequirePermissions(Permission.ManageRoles)
  @ApiProblems(TrackNotFound, MemberNotFound)
  @ApiResult(PermissionsDto)
  async others(
    @Authority() asker: GuildAuthority,
    @SnowflakeParam('user_id') userId: Snowflake,
    @Query() query: PermissionsQuery,
  ): Promise<PermissionsDto> {
    return this.explain(await this.resolver.resolveMember(asker.state, userId), asker, query);
  }

  // A track that the caller cannot view does not exist for the caller, whichever member is explained.
  private async explain(
    whose: GuildAuthority,
    asker: GuildAuthority,
    { track_id: trackId, explain: wantsReasons }: PermissionsQuery,
  ): Promise<PermissionsDto> {
    const tracks = trackId === undefined ? undefined : await this.resolver.getTracks(whose.state.guild);
    const track = trackId === undefined ? undefined : tracks?.get(trackId);
    if (trackId !== undefined && (!track || !tracks || !has(asker.permissionsIn(track, tracks), Permission.ViewTrack)))
      throw new TrackNotFound();
    const { permissions, bits } = explain(
      whose.subject,
      track && tracks && trackRules(whose.state.guild, tracks, track),
    );
    const shown = track && tracks && !viewsCategoryOf(asker, tracks, track._id) ? withoutCategory(bits) : bits;
    return { permissions, names: namesOf(permissions), ...(wantsReasons && { bits: shown }) };
  }
}

/** Returns whether a member can view the category of a track; true if the track is in no category. */
function viewsCategoryOf(asker: GuildAuthority, tracks: GuildTracks, trackId: Snowflake): boolean {
  const parentId = layoutIndex(asker.state.guild.track_layout).get(trackId)?.parent_id ?? null;
  const category = parentId === null ? undefined : tracks.get(parentId);
  return !category || has(asker.permissionsIn(category, tracks), Permission.ViewTrack);
}
