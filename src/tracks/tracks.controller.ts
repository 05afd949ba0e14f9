import { Body, Controller, Delete, Get, HttpStatus, Patch, Post, Put } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { BodyLimit } from '../common/body-limit.decorator';
import type { EncodedJson } from '../common/encoded-json';
import { AnyOf, shapeReference } from '../common/dto/json-schema';
import { SnowflakeParam, ListBody } from '../common/dto/parameters';
import { ApiResult, ApiResultWithEtag, ApiNoContentWithEtag, Summary } from '../common/http.decorators';
import { LIMITS } from '../common/limits';
import { ApiProblems } from '../common/problems.decorator';
import { MutationOptionsParam, type MutationOptions } from '../common/mutation-options';
import type { Snowflake } from '../common/snowflake';
import { MutationScope } from '../cluster/mutation';
import { Versioned } from '../common/versioned';
import { ChangesGuild } from '../guilds/changes-guild.decorator';
import { SupportsDryRun } from '../dry-run/dry-run.decorator';
import { ImpactDto } from '../dry-run/impact.dto';
import { Permission } from '../permissions/compute-permissions';
import type { GuildAuthority, TrackAuthority } from '../permissions/authority';
import { Authority } from '../permissions/request-context';
import {
  OverwriteAdministrator,
  PermissionsMissing,
  PermissionsNotHeld,
  PermissionsOverlap,
  TrackNotFound,
} from '../permissions/permissions.errors';
import { RequireMembership, RequirePermissions } from '../permissions/requirement.decorator';
import { CreateTrackDto, MoveTrackDto, PutOverwriteDto, TrackDto, UpdateTrackDto } from './track.dto';
import {
  CategoryFull,
  OverwriteLimitReached,
  OverwriteNotFound,
  TrackLimitReached,
  TrackMoveDuplicate,
  TrackParentInvalid,
} from './tracks.errors';
import { OverwritesService } from './overwrites.service';
import { TracksService } from './tracks.service';

@ApiTags('tracks')
@MutationScope('guild')
@Controller('guilds/:guild_id/tracks')
export class GuildTracksController {
  constructor(private readonly tracks: TracksService) {}

  @Get()
  @Summary('List the tracks that you may view, in order.')
  @RequireMembership()
  @ApiResultWithEtag([TrackDto])
  async list(@Authority() authority: GuildAuthority): Promise<Versioned<EncodedJson>> {
    return this.tracks.list(authority);
  }

  @Post()
  @Summary('Create a track, at the end of its category or at the given `position`.')
  @ChangesGuild()
  @RequirePermissions(Permission.CreateTrack)
  @ApiProblems(
    TrackLimitReached,
    CategoryFull,
    TrackParentInvalid,
    OverwriteNotFound,
    OverwriteAdministrator,
    PermissionsOverlap,
    PermissionsNotHeld,
  )
  @ApiResultWithEtag(TrackDto, HttpStatus.CREATED)
  async create(
    @Authority() authority: GuildAuthority,
    @Body() track: CreateTrackDto,
    @MutationOptionsParam() options: MutationOptions,
  ): Promise<Versioned<TrackDto>> {
    return this.tracks.create(authority, track, options);
  }

  @Patch()
  @Summary('Move any number of tracks, within and between categories, in one atomic change.')
  @ChangesGuild()
  @SupportsDryRun()
  @RequireMembership()
  @BodyLimit(LIMITS.moveTracksBytes)
  @ApiProblems(
    TrackNotFound,
    TrackParentInvalid,
    TrackMoveDuplicate,
    CategoryFull,
    PermissionsMissing,
    PermissionsNotHeld,
  )
  @ApiResultWithEtag(new AnyOf([TrackDto], ImpactDto))
  async move(
    @Authority() authority: GuildAuthority,
    @ListBody(MoveTrackDto, { minItems: 1, maxItems: LIMITS.tracks }) moves: MoveTrackDto[],
    @MutationOptionsParam() options: MutationOptions,
  ): Promise<Versioned<EncodedJson>> {
    return this.tracks.move(authority, moves, options);
  }
}

@ApiTags('tracks')
@MutationScope('guild')
@Controller('tracks/:track_id')
export class TracksController {
  constructor(
    private readonly tracks: TracksService,
    private readonly overwrites: OverwritesService,
  ) {}

  @Get()
  @Summary('Get a track.')
  @RequireMembership()
  @ApiProblems(TrackNotFound)
  @ApiResult(TrackDto)
  read(@Authority() authority: TrackAuthority): TrackDto {
    return this.tracks.read(authority);
  }

  @Patch()
  @Summary('Change a track. `position` and `parent_id` move it.')
  @ChangesGuild()
  @SupportsDryRun()
  @RequirePermissions(Permission.ModifyTrack)
  @ApiProblems(TrackNotFound, TrackParentInvalid, CategoryFull, PermissionsNotHeld)
  @ApiResultWithEtag(new AnyOf(TrackDto, ImpactDto))
  async update(
    @Authority() authority: TrackAuthority,
    @Body() change: UpdateTrackDto,
    @MutationOptionsParam() options: MutationOptions,
  ): Promise<Versioned<TrackDto>> {
    return this.tracks.update(authority, change, options);
  }

  @Delete()
  @Summary('Delete a track. The tracks of a deleted category move to its position, without a category.')
  @ChangesGuild()
  @RequirePermissions(Permission.DeleteTracks)
  @ApiProblems(TrackNotFound, PermissionsNotHeld)
  @ApiNoContentWithEtag()
  async delete(
    @Authority() authority: TrackAuthority,
    @MutationOptionsParam() options: MutationOptions,
  ): Promise<Versioned<void>> {
    return this.tracks.delete(authority, options);
  }

  @Put('overwrites/:id')
  @Summary('Set the overwrite of a role or member in a track.')
  @ChangesGuild()
  @SupportsDryRun()
  @RequirePermissions(Permission.ManageRoles)
  @ApiProblems(
    TrackNotFound,
    OverwriteNotFound,
    OverwriteLimitReached,
    OverwriteAdministrator,
    PermissionsOverlap,
    PermissionsNotHeld,
  )
  @ApiResultWithEtag(new AnyOf(TrackDto, ImpactDto))
  async putOverwrite(
    @Authority() authority: TrackAuthority,
    @SnowflakeParam('id') id: Snowflake,
    @Body() overwrite: PutOverwriteDto,
    @MutationOptionsParam() options: MutationOptions,
  ): Promise<Versioned<TrackDto>> {
    return this.overwrites.put(authority, id, overwrite, options);
  }

  @Delete('overwrites/:id')
  @Summary('Delete the overwrite of a role or member in a track.')
  @ChangesGuild()
  @SupportsDryRun()
  @RequirePermissions(Permission.ManageRoles)
  @ApiProblems(TrackNotFound, OverwriteNotFound, PermissionsNotHeld)
  @ApiNoContentWithEtag()
  @ApiResponse({
    status: HttpStatus.OK,
    description: 'With `dry_run=true`: the effect that the change would have.',
    schema: shapeReference(ImpactDto),
  })
  async deleteOverwrite(
    @Authority() authority: TrackAuthority,
    @SnowflakeParam('id') id: Snowflake,
    @MutationOptionsParam() options: MutationOptions,
  ): Promise<Versioned<void>> {
    return this.overwrites.delete(authority, id, options);
  }
}
