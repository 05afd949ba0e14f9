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

/** The fields that determine the role set of a member. */
export type RoleSetHolder = Pick<MemberDocument, 'guild_id' | 'role_ids'>;

/**
 * Counts the members that have the same roles, so that a query about all members costs as much as there are role sets.
 *
 * A member is counted in the new set before the write and removed from the old set after it: a crash in between leaves
 * a count too high, but never a set that is missing.
 */
@Injectable()
export class RoleSetsService {
  constructor(
    private readonly snowflakes: SnowflakeService,
    @InjectModel(MODELS.roleSet) private readonly roleSets: Model<RoleSetDocument>,
  ) {}

  /** Counts a member in a role set, before the member has these roles. */
  async enter(holder: RoleSetHolder): Promise<void> {
    try {
      await this.count(holder);
    } catch (error) {
      // A concurrent request inserted the set first; the second attempt updates it.
      if (!duplicateKey(error)) throw error;
      await this.count(holder);
    }
  }

  /** Removes a member from the count of a role set, after the member lost these roles. */
  async leave({ guild_id, role_set }: Pick<MemberDocument, 'guild_id' | 'role_set'>): Promise<void> {
    const left = await this.roleSets
      .findOneAndUpdate({ guild_id, role_set }, { $inc: { member_count: -1 } }, { returnDocument: 'after' })
      .lean<RoleSetDocument | null>();
    if (left && left.member_count <= 0)
      await this.roleSets.deleteOne({ guild_id, role_set, member_count: { $lte: 0 } });
  }

  /** Returns all role sets of a guild. */
  listOf(guildId: Snowflake): Promise<RoleSetDocument[]> {
    return this.roleSets.find({ guild_id: guildId }).lean<RoleSetDocument[]>().exec();
  }

  /** Returns the number of members of a guild. */
  async countMembers(guildId: Snowflake): Promise<number> {
    const sets = await this.roleSets
      .find({ guild_id: guildId }, { member_count: 1 })
      .lean<Pick<RoleSetDocument, 'member_count'>[]>();
    return sets.reduce((sum, { member_count }) => sum + member_count, 0);
  }

  /** Deletes the role sets of a deleted guild. */
  async deleteByGuild(guildId: Snowflake): Promise<void> {
    await this.roleSets.deleteMany({ guild_id: guildId });
  }

  private async count({ guild_id, role_ids }: RoleSetHolder): Promise<void> {
    const change = { $inc: { member_count: 1 }, $setOnInsert: { _id: this.snowflakes.next(), role_ids } };
    await this.roleSets.updateOne({ guild_id, role_set: roleSetOf(role_ids) }, change, { upsert: true });
  }
}
