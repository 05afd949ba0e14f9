import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { MODELS } from '../database/database.module';
import { GuildSource } from '../permissions/permission-records';
import { type GuildDocument, guildOf, type StoredGuild } from './guild.schema';

/** Loads guilds for the computation of permissions. */
@Injectable()
export class StoredGuildSource extends GuildSource {
  constructor(@InjectModel(MODELS.guild) private readonly guilds: Model<StoredGuild>) {
    super();
  }

  override async list(ids: readonly Snowflake[]): Promise<GuildDocument[]> {
    const stored = await this.guilds
      .find({ _id: { $in: ids } })
      .batchSize(ids.length + 1)
      .lean<StoredGuild[]>();
    return stored.map(guildOf);
  }
}
