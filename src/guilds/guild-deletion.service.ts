import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { CacheVersions, guildVersionKey } from '../cache/cache-versions';
import type { Snowflake } from '../common/snowflake';
import { MODELS } from '../database/database.module';
import { EventsService } from '../events/events.service';
import { GuildCleanup } from '../guild-cleanup/guild-cleanup.service';
import { GuildNotFound } from '../permissions/permissions.errors';
import type { StoredGuild } from './guild.schema';

/** Higher than the version of any guild: a cached value of a deleted guild is never valid. */
const DELETED_VERSION = Number.MAX_SAFE_INTEGER;

/** Deletes guilds. The deletion of the guild document decides; the steps after it can be repeated. */
@Injectable()
export class GuildDeletionService {
  constructor(
    private readonly cleanup: GuildCleanup,
    private readonly cacheVersions: CacheVersions,
    private readonly events: EventsService,
    @InjectModel(MODELS.guild) private readonly guilds: Model<StoredGuild>,
  ) {}

  /** Deletes a guild. @throws GuildNotFound if a concurrent request deleted it */
  async delete(guildId: Snowflake): Promise<void> {
    const { deletedCount } = await this.guilds.deleteOne({ _id: guildId });
    if (deletedCount === 0) throw new GuildNotFound();
    await this.finish(guildId);
  }

  /** Deletes a guild that never had a member. Can be repeated. */
  async discard(guildId: Snowflake): Promise<void> {
    await this.guilds.deleteOne({ _id: guildId });
    await this.finish(guildId);
  }

  /** Publishes the deletion of a guild whose document no longer exists, and deletes what features store of it. Can be repeated. */
  async finish(guildId: Snowflake): Promise<void> {
    await this.cacheVersions.raiseTo(guildVersionKey(guildId), DELETED_VERSION);
    await this.events.publish('GUILD_DELETE', { guildId }, { id: guildId });
    await this.cleanup.run(guildId);
  }
}
