import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import type { Snowflake } from '../common/snowflake';
import { Snowflakes } from '../common/snowflakes.service';
import { MODELS } from '../database/database.module';
import { inherit, NOTHING } from '../permissions/algebra';
import { AuthorityResolver } from '../permissions/authority-resolver';
import { allRules } from '../permissions/guild-state';
import type { DepartureDocument } from './departure.schema';
import type { MemberDocument } from './member.schema';

/** What holds somebody down when they come back. */
export type Held = Pick<MemberDocument, 'role_ids' | 'timed_out_until'>;

/** A departure, as far as it matters for coming back. */
export interface Remembered {
  readonly held: Held;
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
export class DeparturesService {
  constructor(
    private readonly snowflakes: Snowflakes,
    private readonly resolver: AuthorityResolver,
    @InjectModel(MODELS.departure) private readonly departures: Model<DepartureDocument>,
  ) {}

  /** Remembers what a member has who is about to leave. */
  async keep({ _id: membership_id, guild_id, user_id, role_ids, timed_out_until }: MemberDocument): Promise<void> {
    if (role_ids.length === 0 && timed_out_until === null) return;
    await this.departures.updateOne({ guild_id, user_id }, { $set: { membership_id, role_ids, timed_out_until }, $setOnInsert: { _id: this.snowflakes.next() } }, { upsert: true });
  }

  /** What somebody comes back with. @throws GuildNotFound */
  async recall(guildId: Snowflake, userId: Snowflake): Promise<Remembered> {
    const departure = await this.departures.findOne({ guild_id: guildId, user_id: userId }).lean<DepartureDocument | null>();
    if (!departure) return { held: { role_ids: [], timed_out_until: null }, membershipId: undefined };
    const [{ guild, roles }, tracks] = await Promise.all([this.resolver.stateOfGuild(guildId), this.resolver.tracksOfGuild(guildId)]);
    const denied = new Set(allRules(guild, tracks).flatMap((rules) => inherit(rules).flatMap(({ id, deny }) => (deny === NOTHING ? [] : [id]))));
    const restraining = roles.filter(({ _id, deny }) => departure.role_ids.includes(_id) && (deny !== NOTHING || denied.has(_id)));
    const isTimedOut = departure.timed_out_until !== null && departure.timed_out_until.getTime() > Date.now();
    const held = { role_ids: restraining.map(({ _id }) => _id), timed_out_until: isTimedOut ? departure.timed_out_until : null };
    return { held, membershipId: departure.membership_id };
  }

  /** The membership that ended last, if that is remembered. */
  async findEnded(guildId: Snowflake, userId: Snowflake): Promise<Snowflake | undefined> {
    const departure = await this.departures.findOne({ guild_id: guildId, user_id: userId }, { membership_id: 1 }).lean<Pick<DepartureDocument, 'membership_id'> | null>();
    return departure?.membership_id;
  }

  /** Forgets the end of one membership: they are back. If they have left again by now, that stays remembered. */
  async forget(guildId: Snowflake, userId: Snowflake, membershipId: Snowflake): Promise<void> {
    await this.departures.deleteOne({ guild_id: guildId, user_id: userId, membership_id: membershipId });
  }

  /** Forgets all who left a guild that is gone. */
  async forgetGuild(guildId: Snowflake): Promise<void> {
    await this.departures.deleteMany({ guild_id: guildId });
  }

  /** Forgets somebody whose account is gone. */
  async forgetUser(userId: Snowflake): Promise<void> {
    await this.departures.deleteMany({ user_id: userId });
  }
}
