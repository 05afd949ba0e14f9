import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiResult, Summary } from '../common/http.decorators';
import { Permission } from '../permissions/compute-permissions';
import type { GuildAuthority } from '../permissions/authority';
import { Authority } from '../permissions/request-context';
import { RequirePermissions } from '../permissions/requirement.decorator';
import { AuditEntryDto, AuditQuery } from './audit.dto';
import { AuditService } from './audit.service';

@ApiTags('audit')
@Controller('guilds/:guild_id/audit-log')
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  @Get()
  @Summary(
    'Lists what was done in a guild, the newest first. What speaks of tracks is for who may view one of them; ADMINISTRATOR reads all.',
  )
  @RequirePermissions(Permission.ViewAuditLog)
  @ApiResult([AuditEntryDto])
  async list(@Authority() authority: GuildAuthority, @Query() query: AuditQuery): Promise<AuditEntryDto[]> {
    return this.audit.list(authority, query);
  }
}
