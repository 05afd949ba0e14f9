import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiResult, Summary } from '../common/http.decorators';
import { ApiProblems } from '../common/problems.decorator';
import type { GuildAuthority } from '../permissions/authority';
import { Authority } from '../permissions/request-context';
import { PermissionsMissing, TrackNotFound } from '../permissions/permissions.errors';
import { RequireMembership } from '../permissions/requirement.decorator';
import { RateLimit } from '../throttling/rate-limit.decorator';
import { SearchQuery, SearchResultDto } from './search.dto';
import { SearchService } from './search.service';

@ApiTags('messages')
@Controller('guilds/:guild_id/messages/search')
export class SearchController {
  constructor(private readonly search: SearchService) {}

  @Get()
  @Summary('Search messages, in the tracks whose history you may read.')
  @RequireMembership()
  @RateLimit('search')
  @ApiProblems(TrackNotFound, PermissionsMissing)
  @ApiResult(SearchResultDto)
  async find(@Authority() authority: GuildAuthority, @Query() query: SearchQuery): Promise<SearchResultDto> {
    return this.search.search(authority, query);
  }
}
