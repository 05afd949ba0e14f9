import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { SnowflakeService } from '../common/snowflake.service';
import { MODELS } from '../database/database.module';
import { duplicateKey } from '../database/duplicate-key';
import type { MemberDocument } from './member.schema';
import type { RoleSetDocument } from './role-set.schema';
import { roleSetOf } from './role-set';

/** Whoever has the same roles may do the same. */
export type RoleSetHolder = Pick<MemberDocument, 'guild_id' | 'role_ids'>;

/**
 * Counts the members that have the same roles, so that a question about everybody costs as much as there are role sets, not members.
 *
 * Somebody is counted in their new set before they have it and taken out of the old one afterwards: a crash in between leaves a count too high,
 * never a set that nobody knows of.
 */
@Injectable()
export class RoleSetsService {
  constructor(
    private readonly snowflakes: SnowflakeService,
    @InjectModel(MODELS.roleSet) private readonly roleSets: Model<RoleSetDocument>,
  ) {}

  /** Counts somebody who is about to have these roles. */
  async enter(holder: RoleSetHolder): Promise<void> {
    try {
      await this.count(holder);
    } catch (error) {
      // Two were the first at once; now the set is there.
      if (!duplicateKey(error)) throw error;
      await this.count(holder);
    }
  }

  /** Counts somebody no more who had these roles, be they gone by now. */
  async leave({ guild_id, role_set }: Pick<MemberDocument, 'guild_id' | 'role_set'>): Promise<void> {
    const left = await this.roleSets
      .findOneAndUpdate({ guild_id, role_set }, { $inc: { member_count: -1 } }, { returnDocument: 'after' })
      .lean<RoleSetDocument | null>();
    if (left && left.member_count <= 0)
      await this.roleSets.deleteOne({ guild_id, role_set, member_count: { $lte: 0 } });
  }

  /** Every role set of a guild. */
  listOf(guildId: Snowflake): Promise<RoleSetDocument[]> {
    return this.roleSets.find({ guild_id: guildId }).lean<RoleSetDocument[]>().exec();
  }

  /** How many members a guild has. */
  async countMembers(guildId: Snowflake): Promise<number> {
    const sets = await this.roleSets
      .find({ guild_id: guildId }, { member_count: 1 })
      .lean<Pick<RoleSetDocument, 'member_count'>[]>();
    return sets.reduce((sum, { member_count }) => sum + member_count, 0);
  }

  /** Forgets those of a guild that is gone. */
  async deleteByGuild(guildId: Snowflake): Promise<void> {
    await this.roleSets.deleteMany({ guild_id: guildId });
  }

  private async count({ guild_id, role_ids }: RoleSetHolder): Promise<void> {
    const change = { $inc: { member_count: 1 }, $setOnInsert: { _id: this.snowflakes.next(), role_ids } };
    await this.roleSets.updateOne({ guild_id, role_set: roleSetOf(role_ids) }, change, { upsert: true });
  }
}
