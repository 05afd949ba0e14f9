import { Controller, Delete, Get, HttpStatus, Patch, Post, Put, Res } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Audited } from '../audit/audited';
import { BodyLimit } from '../common/body-limit.decorator';
import type { EncodedJson } from '../common/encoded-json';
import { Answers, AnswersVersioned, AnswersVersionOnly, IdParam, JsonBody, QueryString, Summary, Validated } from '../common/http.decorators';
import { LIMITS } from '../common/limits';
import { Problems } from '../common/problems.decorator';
import { Remarked, type Remarks } from '../common/remarks';
import type { Snowflake } from '../common/snowflake';
import { Versioned } from '../common/versioned';
import { Conditional } from '../guilds/conditional';
import { type DryRunQuery, dryRunQuery, type ImpactDto, impactDto } from '../impact/impact.dto';
import { ImpactService } from '../impact/impact.service';
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
  constructor(
    private readonly tracks: TracksService,
    private readonly impact: ImpactService,
  ) {}

  @Get()
  @Summary('Lists the tracks that one may view, in order.')
  @Member()
  @AnswersVersioned(z.array(trackDto))
  async list(@Authority() authority: GuildAuthority): Promise<Versioned<EncodedJson>> {
    return this.tracks.list(authority);
  }

  @Post()
  @Summary('Makes a track, at the end of its category or where it is asked for.')
  @Conditional()
  @Audited()
  @RequirePermissions(Permission.CreateTrack)
  @Validated()
  @Problems(TrackLimitReached, CategoryFull, TrackParentInvalid, OverwriteNotFound, OverwriteAdministrator, PermissionsOverlap, PermissionsNotHeld)
  @AnswersVersioned(trackDto, HttpStatus.CREATED)
  async create(@Authority() authority: GuildAuthority, @JsonBody(createTrackDto) track: CreateTrackDto, @Remarked() remarks: Remarks): Promise<Versioned<TrackDto>> {
    return this.tracks.create(authority, track, remarks);
  }

  @Patch()
  @Summary('Moves any number of tracks at once, within and between categories: all of them, or none.')
  @Conditional()
  @Audited()
  @Member()
  @BodyLimit(LIMITS.moveTracksBytes)
  @Validated()
  @Problems(TrackNotFound, TrackParentInvalid, TrackMoveDuplicate, CategoryFull, PermissionsMissing)
  @AnswersVersioned(z.union([z.array(trackDto), impactDto]))
  async move(
    @Authority() authority: GuildAuthority,
    @JsonBody(moveTracksDto) moves: MoveTrackDto[],
    @QueryString(dryRunQuery) { dry_run: isDry }: DryRunQuery,
    @Remarked() remarks: Remarks,
  ): Promise<Versioned<EncodedJson> | ImpactDto> {
    return isDry ? this.impact.of(authority, this.tracks.moving(moves), remarks) : this.tracks.move(authority, moves, remarks);
  }
}

@ApiTags('tracks')
@Controller('tracks/:track_id')
export class TracksController {
  constructor(
    private readonly tracks: TracksService,
    private readonly overwrites: OverwritesService,
    private readonly impact: ImpactService,
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
  @Conditional()
  @Audited()
  @RequirePermissions(Permission.ModifyTrack)
  @Validated()
  @Problems(TrackNotFound, TrackParentInvalid, CategoryFull)
  @AnswersVersioned(z.union([trackDto, impactDto]))
  async update(
    @Authority() authority: TrackAuthority,
    @JsonBody(updateTrackDto) change: UpdateTrackDto,
    @QueryString(dryRunQuery) { dry_run: isDry }: DryRunQuery,
    @Remarked() remarks: Remarks,
  ): Promise<Versioned<TrackDto> | ImpactDto> {
    return isDry ? this.impact.of(authority, this.tracks.updating(change), remarks) : this.tracks.update(authority, change, remarks);
  }

  @Delete()
  @Summary('Deletes a track. What was in a category takes its place.')
  @Conditional()
  @Audited()
  @RequirePermissions(Permission.DeleteTracks)
  @Problems(TrackNotFound)
  @AnswersVersionOnly()
  async delete(@Authority() authority: TrackAuthority, @Remarked() remarks: Remarks): Promise<Versioned<void>> {
    return this.tracks.delete(authority, remarks);
  }

  @Put('overwrites/:id')
  @Summary('Sets what a role or member may or may not do here.')
  @Conditional()
  @Audited()
  @RequirePermissions(Permission.ManageRoles)
  @Validated()
  @Problems(TrackNotFound, OverwriteNotFound, OverwriteLimitReached, OverwriteAdministrator, PermissionsOverlap, PermissionsNotHeld)
  @AnswersVersioned(z.union([trackDto, impactDto]))
  async putOverwrite(
    @Authority() authority: TrackAuthority,
    @IdParam('id') id: Snowflake,
    @JsonBody(putOverwriteDto) overwrite: PutOverwriteDto,
    @QueryString(dryRunQuery) { dry_run: isDry }: DryRunQuery,
    @Remarked() remarks: Remarks,
  ): Promise<Versioned<TrackDto> | ImpactDto> {
    return isDry ? this.impact.of(authority, this.overwrites.putting(id, overwrite), remarks) : this.overwrites.put(authority, id, overwrite, remarks);
  }

  @Delete('overwrites/:id')
  @Summary('Removes an overwrite.')
  @Conditional()
  @Audited()
  @RequirePermissions(Permission.ManageRoles)
  @Validated()
  @Problems(TrackNotFound, OverwriteNotFound, PermissionsNotHeld)
  @AnswersVersionOnly()
  @ApiResponse({ status: HttpStatus.OK, description: 'What it would do, when that was asked.', standardSchema: impactDto })
  async deleteOverwrite(
    @Authority() authority: TrackAuthority,
    @IdParam('id') id: Snowflake,
    @QueryString(dryRunQuery) { dry_run: isDry }: DryRunQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Remarked() remarks: Remarks,
  ): Promise<Versioned<void> | ImpactDto> {
    if (!isDry) return this.overwrites.delete(authority, id, remarks);
    void reply.status(HttpStatus.OK);
    return this.impact.of(authority, this.overwrites.deleting(id), remarks);
  }
}
