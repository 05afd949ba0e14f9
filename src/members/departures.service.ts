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
  async keep({ guild_id, user_id, role_ids, timed_out_until }: MemberDocument): Promise<void> {
    if (role_ids.length === 0 && timed_out_until === null) return;
    await this.departures.updateOne({ guild_id, user_id }, { $set: { role_ids, timed_out_until }, $setOnInsert: { _id: this.snowflakes.next() } }, { upsert: true });
  }

  /** What somebody comes back with. @throws GuildNotFound */
  async heldFor(guildId: Snowflake, userId: Snowflake): Promise<Held> {
    const departure = await this.departures.findOne({ guild_id: guildId, user_id: userId }).lean<DepartureDocument | null>();
    if (!departure) return { role_ids: [], timed_out_until: null };
    const [{ guild, roles }, tracks] = await Promise.all([this.resolver.stateOfGuild(guildId), this.resolver.tracksOfGuild(guildId)]);
    const denied = new Set(allRules(guild, tracks).flatMap((rules) => inherit(rules).flatMap(({ id, deny }) => (deny === NOTHING ? [] : [id]))));
    const restraining = roles.filter(({ _id, deny }) => departure.role_ids.includes(_id) && (deny !== NOTHING || denied.has(_id)));
    const isTimedOut = departure.timed_out_until !== null && departure.timed_out_until.getTime() > Date.now();
    return { role_ids: restraining.map(({ _id }) => _id), timed_out_until: isTimedOut ? departure.timed_out_until : null };
  }

  /** Forgets a departure: they are back. */
  async forget(guildId: Snowflake, userId: Snowflake): Promise<void> {
    await this.departures.deleteOne({ guild_id: guildId, user_id: userId });
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
