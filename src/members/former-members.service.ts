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

/** What holds somebody down when they come back. */
export type RejoinFields = Pick<MemberDocument, 'role_ids' | 'timed_out_until'>;

/** A departure, as far as it matters for coming back. */
export interface RejoinState {
  readonly fields: RejoinFields;
  /** The membership that ended; undefined when nothing is remembered. */
  readonly membershipId: Snowflake | undefined;
}

/**
 * Remembers what those had who left: nobody lifts themselves by leaving and joining again.
 *
 * A role that denies something, in the guild or in one of its tracks, comes back with them, and so does a time-out that isn't over. Roles that
 * only allow have to be given again.
 */
@Injectable()
export class FormerMembersService {
  constructor(
    private readonly snowflakes: SnowflakeService,
    private readonly resolver: AuthorityResolver,
    @InjectModel(MODELS.departure) private readonly departures: Model<FormerMemberDocument>,
  ) {}

  /** Remembers what a member has who is about to leave. */
  async save({ _id: membership_id, guild_id, user_id, role_ids, timed_out_until }: MemberDocument): Promise<void> {
    if (role_ids.length === 0 && timed_out_until === null) return;
    await this.departures.updateOne(
      { guild_id, user_id },
      { $set: { membership_id, role_ids, timed_out_until }, $setOnInsert: { _id: this.snowflakes.next() } },
      { upsert: true },
    );
  }

  /** What somebody comes back with. @throws GuildNotFound */
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

  /** The membership that ended last, if that is remembered. */
  async findEnded(guildId: Snowflake, userId: Snowflake): Promise<Snowflake | undefined> {
    const departure = await this.departures
      .findOne({ guild_id: guildId, user_id: userId }, { membership_id: 1 })
      .lean<Pick<FormerMemberDocument, 'membership_id'> | null>();
    return departure?.membership_id;
  }

  /** Forgets the end of one membership: they are back. If they have left again by now, that stays remembered. */
  async delete(guildId: Snowflake, userId: Snowflake, membershipId: Snowflake): Promise<void> {
    await this.departures.deleteOne({ guild_id: guildId, user_id: userId, membership_id: membershipId });
  }

  /** Forgets all who left a guild that is gone. */
  async deleteByGuild(guildId: Snowflake): Promise<void> {
    await this.departures.deleteMany({ guild_id: guildId });
  }

  /** Forgets somebody whose account is gone. */
  async deleteByUser(userId: Snowflake): Promise<void> {
    await this.departures.deleteMany({ user_id: userId });
  }
}
