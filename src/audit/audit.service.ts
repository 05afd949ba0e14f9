import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { atMost } from '../database/at-most';
import { MODELS } from '../database/database.module';
import type { GuildAuthority } from '../permissions/authority';
import { AuthorityResolver } from '../permissions/authority-resolver';
import type { AuditEntryDto, AuditQuery } from './audit.dto';
import type { AuditEntryDocument } from './audit-entry.schema';
import { toAuditEntryDto, auditReaderFor } from './audit-visibility';

/** Reads the audit log. */
@Injectable()
export class AuditService {
  constructor(
    private readonly resolver: AuthorityResolver,
    @InjectModel(MODELS.auditEntry) private readonly entries: Model<AuditEntryDocument>,
  ) {}

  /**
   * Returns a page of the audit log, newest first, with the entries that the member may read. One query finds only
   * these entries, so neither the end of a page nor the response time reveals others.
   */
  async list(authority: GuildAuthority, { user_id, action, before, limit }: AuditQuery): Promise<AuditEntryDto[]> {
    const { guildId, state } = authority;
    const reader = auditReaderFor(authority, await this.resolver.getTracks(state.guild));
    const found = await this.entries
      .find({
        guild_id: guildId,
        audience: { $in: reader.audience },
        ...(user_id !== undefined && { user_id }),
        ...(action !== undefined && { action }),
        ...(before !== undefined && { _id: { $lt: before } }),
      })
      .sort({ _id: -1 })
      .limit(atMost(limit))
      .lean<AuditEntryDocument[]>();
    return found.map((entry) => toAuditEntryDto(entry, reader));
  }
}
