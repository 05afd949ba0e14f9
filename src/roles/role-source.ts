import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import { MODELS } from '../database/database.module';
import { RoleSource } from '../permissions/permission-records';
import type { RoleDocument } from './role.schema';

/** Loads roles for the computation of permissions. */
@Injectable()
export class StoredRoleSource extends RoleSource {
  constructor(@InjectModel(MODELS.role) private readonly roles: Model<RoleDocument>) {
    super();
  }

  override list(guildIds: readonly Snowflake[]): Promise<RoleDocument[]> {
    return this.roles
      .find({ guild_id: { $in: guildIds } })
      .batchSize(guildIds.length * LIMITS.roles + 1)
      .lean<RoleDocument[]>()
      .exec();
  }
}
