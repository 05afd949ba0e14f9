import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { SnowflakeService } from '../common/snowflake.service';
import { MODELS } from '../database/database.module';
import { effectiveOverwrites, NO_PERMISSIONS } from '../permissions/compute-permissions';
import { AuthorityResolver } from '../permissions/authority-resolver';
import { allTrackRules } from '../permissions/guild-state';
import type { FormerMemberDocument } from './former-member.schema';
import type { MemberDocument } from './member.schema';

/** Fields of a membership that are restored when a former member rejoins. */
export type RejoinFields = Pick<MemberDocument, 'role_ids' | 'timed_out_until'>;

/** State restored when a former member rejoins: roles that deny permissions, and an unexpired timeout. */
export interface RejoinState {
  readonly fields: RejoinFields;
  /** The id of the membership that ended; undefined if no state is stored. */
  readonly membershipId: Snowflake | undefined;
}

/**
 * Stores the restrictions of former members, so that leaving and rejoining does not remove them.
 *
 * Restores an unexpired timeout and roles that deny a permission, in the guild or in one of its tracks. Roles that only
 * allow permissions are not restored.
 */
@Injectable()
export class FormerMembersService {
  constructor(
    private readonly snowflakes: SnowflakeService,
    private readonly resolver: AuthorityResolver,
    @InjectModel(MODELS.departure) private readonly departures: Model<FormerMemberDocument>,
  ) {}

  /** Stores the roles and the timeout of a member who is about to leave. */
  async save({ _id: membership_id, guild_id, user_id, role_ids, timed_out_until }: MemberDocument): Promise<void> {
    if (role_ids.length === 0 && timed_out_until === null) return;
    await this.departures.updateOne(
      { guild_id, user_id },
      { $set: { membership_id, role_ids, timed_out_until }, $setOnInsert: { _id: this.snowflakes.next() } },
      { upsert: true },
    );
  }

  /**
   * Returns the state that is restored when a user joins; empty if no state is stored.
   * @throws GuildNotFound
   */
  async getRejoinState(guildId: Snowflake, userId: Snowflake): Promise<RejoinState> {
    const departure = await this.departures
      .findOne({ guild_id: guildId, user_id: userId })
      .lean<FormerMemberDocument | null>();
    if (!departure) return { fields: { role_ids: [], timed_out_until: null }, membershipId: undefined };
    const [{ guild, roles }, tracks] = await Promise.all([
      this.resolver.getGuildState(guildId),
      this.resolver.getTracksOfGuild(guildId),
    ]);
    const denied = new Set(
      allTrackRules(guild, tracks).flatMap((rules) =>
        effectiveOverwrites(rules).flatMap(({ id, deny }) => (deny === NO_PERMISSIONS ? [] : [id])),
      ),
    );
    const restraining = roles.filter(
      ({ _id, deny }) => departure.role_ids.includes(_id) && (deny !== NO_PERMISSIONS || denied.has(_id)),
    );
    const isTimedOut = departure.timed_out_until !== null && departure.timed_out_until.getTime() > Date.now();
    const held = {
      role_ids: restraining.map(({ _id }) => _id),
      timed_out_until: isTimedOut ? departure.timed_out_until : null,
    };
    return { fields: held, membershipId: departure.membership_id };
  }

  /** Returns the id of the last ended membership whose state is stored; undefined if none is. */
  async findEnded(guildId: Snowflake, userId: Snowflake): Promise<Snowflake | undefined> {
    const departure = await this.departures
      .findOne({ guild_id: guildId, user_id: userId }, { membership_id: 1 })
      .lean<Pick<FormerMemberDocument, 'membership_id'> | null>();
    return departure?.membership_id;
  }

  /** Deletes the state of one ended membership after the user rejoined. State of a later membership stays stored. */
  async delete(guildId: Snowflake, userId: Snowflake, membershipId: Snowflake): Promise<void> {
    await this.departures.deleteOne({ guild_id: guildId, user_id: userId, membership_id: membershipId });
  }

  /** Deletes the state of all former members of a deleted guild. */
  async deleteByGuild(guildId: Snowflake): Promise<void> {
    await this.departures.deleteMany({ guild_id: guildId });
  }

  /** Deletes the state of a deleted account in all guilds. */
  async deleteByUser(userId: Snowflake): Promise<void> {
    await this.departures.deleteMany({ user_id: userId });
  }
}
