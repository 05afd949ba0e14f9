import { Controller, Delete, Get, HttpStatus, Patch, Post, Put } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import { z } from 'zod';
import { Answers, AnswersNothing, IdParam, JsonBody, Summary, Validated } from '../common/http.decorators';
import { IfMatch } from '../common/if-match';
import { Problems } from '../common/problems.decorator';
import type { Snowflake } from '../common/snowflake';
import { GuildChanged } from '../guilds/guilds.errors';
import { Permission } from '../permissions/algebra';
import type { GuildAuthority, TrackAuthority } from '../permissions/authority';
import { Authority } from '../permissions/call';
import { OverwriteAdministrator, PermissionsMissing, PermissionsNotHeld, PermissionsOverlap } from '../permissions/permissions.errors';
import { Member, RequirePermissions } from '../permissions/requirement';
import { type CreateTrackDto, createTrackDto, type MoveTrackDto, moveTracksDto, type PutOverwriteDto, putOverwriteDto, type TrackDto, trackDto, type UpdateTrackDto, updateTrackDto } from './track.dto';
import { CategoryFull, OverwriteLimitReached, OverwriteNotFound, TrackLimitReached, TrackMoveDuplicate, TrackNotFound, TrackParentInvalid } from './tracks.errors';
import { OverwritesService } from './overwrites.service';
import { TracksService } from './tracks.service';

@ApiTags('tracks')
@Controller('guilds/:guild_id/tracks')
export class GuildTracksController {
  constructor(private readonly tracks: TracksService) {}

  @Get()
  @Summary('Lists the tracks that one may view, in order.')
  @Member()
  @Answers(z.array(trackDto))
  async list(@Authority() authority: GuildAuthority): Promise<TrackDto[]> {
    return this.tracks.list(authority);
  }

  @Post()
  @Summary('Makes a track, at the end of its category or where it is asked for.')
  @RequirePermissions(Permission.CreateTrack)
  @Validated()
  @Problems(TrackLimitReached, CategoryFull, TrackParentInvalid, OverwriteNotFound, OverwriteAdministrator, PermissionsOverlap, PermissionsNotHeld)
  @Answers(trackDto, HttpStatus.CREATED)
  async create(@Authority() authority: GuildAuthority, @JsonBody(createTrackDto) track: CreateTrackDto): Promise<TrackDto> {
    return this.tracks.create(authority, track);
  }

  @Patch()
  @Summary('Moves any number of tracks at once, within and between categories: all of them, or none.')
  @ApiHeader({ name: 'If-Match', required: false, description: 'The guild’s version that the order was seen at.' })
  @Member()
  @Validated()
  @Problems(TrackNotFound, TrackParentInvalid, TrackMoveDuplicate, CategoryFull, PermissionsMissing, GuildChanged)
  @Answers(z.array(trackDto))
  async move(@Authority() authority: GuildAuthority, @JsonBody(moveTracksDto) moves: MoveTrackDto[], @IfMatch() seenVersion?: number): Promise<TrackDto[]> {
    return this.tracks.move(authority, moves, seenVersion);
  }
}

@ApiTags('tracks')
@Controller('tracks/:track_id')
export class TracksController {
  constructor(
    private readonly tracks: TracksService,
    private readonly overwrites: OverwritesService,
  ) {}

  @Get()
  @Summary('Reads a track.')
  @Member()
  @Problems(TrackNotFound)
  @Answers(trackDto)
  read(@Authority() authority: TrackAuthority): TrackDto {
    return this.tracks.read(authority);
  }

  @Patch()
  @Summary('Changes a track; `position` and `parent_id` move it.')
  @RequirePermissions(Permission.ModifyTrack)
  @Validated()
  @Problems(TrackNotFound, TrackParentInvalid, CategoryFull)
  @Answers(trackDto)
  async update(@Authority() authority: TrackAuthority, @JsonBody(updateTrackDto) change: UpdateTrackDto): Promise<TrackDto> {
    return this.tracks.update(authority, change);
  }

  @Delete()
  @Summary('Deletes a track. What was in a category takes its place.')
  @RequirePermissions(Permission.DeleteTracks)
  @Problems(TrackNotFound)
  @AnswersNothing()
  async delete(@Authority() authority: TrackAuthority): Promise<void> {
    await this.tracks.delete(authority);
  }

  @Put('overwrites/:id')
  @Summary('Sets what a role or member may or may not do here.')
  @RequirePermissions(Permission.ManageRoles)
  @Validated()
  @Problems(TrackNotFound, OverwriteNotFound, OverwriteLimitReached, OverwriteAdministrator, PermissionsOverlap, PermissionsNotHeld)
  @Answers(trackDto)
  async putOverwrite(@Authority() authority: TrackAuthority, @IdParam('id') id: Snowflake, @JsonBody(putOverwriteDto) overwrite: PutOverwriteDto): Promise<TrackDto> {
    return this.overwrites.put(authority, id, overwrite);
  }

  @Delete('overwrites/:id')
  @Summary('Removes an overwrite.')
  @RequirePermissions(Permission.ManageRoles)
  @Problems(TrackNotFound, OverwriteNotFound, PermissionsNotHeld)
  @AnswersNothing()
  async deleteOverwrite(@Authority() authority: TrackAuthority, @IdParam('id') id: Snowflake): Promise<void> {
    await this.overwrites.delete(authority, id);
  }
}
