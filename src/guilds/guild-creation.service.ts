import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { SnowflakeService } from '../common/snowflake.service';
import { MODELS } from '../database/database.module';
import { insert } from '../database/insert';
import { MemberJoinsService } from '../members/member-joins.service';
import { RolesService } from '../roles/roles.service';
import { TracksService } from '../tracks/tracks.service';
import { UsersService } from '../users/users.service';
import { GuildDeletionService } from './guild-deletion.service';
import type { CreateGuildDto } from './guild.dto';
import { type GuildDocument, type StoredGuild, storedFieldsOf } from './guild.schema';

/** Creates guilds. */
@Injectable()
export class GuildCreationService {
  constructor(
    private readonly snowflakes: SnowflakeService,
    private readonly users: UsersService,
    private readonly tracks: TracksService,
    private readonly roles: RolesService,
    private readonly memberJoins: MemberJoinsService,
    private readonly deletion: GuildDeletionService,
    @InjectModel(MODELS.guild) private readonly guilds: Model<StoredGuild>,
  ) {}

  /**
   * Creates a guild with @everyone, a category and a text track. The guild document is written after everything but the first member, so that a crash
   * before it leaves no guild.
   *
   * @throws GuildLimitReached if the user is in 200 guilds
   * @throws TokenInvalid if the account is closed concurrently
   */
  async create(ownerId: Snowflake, fields: CreateGuildDto): Promise<GuildDocument> {
    const _id = this.snowflakes.next();
    await this.users.reserveGuild(ownerId, _id);
    const [track_layout] = await Promise.all([this.tracks.createDefaults(_id), this.roles.createEveryone(_id)]);
    const guild: GuildDocument = { _id, ...fields, owner_id: ownerId, role_ids: [_id], track_layout, version: 1 };
    await insert(this.guilds, storedFieldsOf(guild) as StoredGuild);
    try {
      await this.memberJoins.join(_id, ownerId);
    } catch (error) {
      // The account was closed concurrently, and the guild has no member.
      await this.deletion.discard(_id);
      throw error;
    }
    return guild;
  }
}
