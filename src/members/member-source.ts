import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { MODELS } from '../database/database.module';
import { MemberSource } from '../permissions/permission-records';
import type { MemberDocument } from './member.schema';

/** Loads members for the computation of permissions. */
@Injectable()
export class StoredMemberSource extends MemberSource {
  constructor(@InjectModel(MODELS.member) private readonly members: Model<MemberDocument>) {
    super();
  }

  override find(guildId: Snowflake, userId: Snowflake): Promise<MemberDocument | null> {
    return this.members.findOne({ guild_id: guildId, user_id: userId }).lean<MemberDocument | null>().exec();
  }
}
