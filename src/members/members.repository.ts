import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { BatchLoader } from '../common/batch-loader';
import { groupBy } from '../common/group-by';
import { LIMITS } from '../common/limits';
import { createdAt, lowestAt, type Snowflake } from '../common/snowflake';
import { nameOfKey } from '../common/text/collation';
import { atMost } from '../database/at-most';
import { MODELS } from '../database/database.module';
import { parseNameQuery } from './member-name-search';
import type { MemberDocument } from './member.schema';
import { MemberNotFound } from '../permissions/permissions.errors';

const USERS_AT_ONCE = 50;

/** Selects a page of members. */
export interface MemberPage {
  readonly after?: Snowflake;
  readonly limit: number;
}

/** First and last position in the member list, from 0, both included. */
export type MemberRange = readonly [first: number, last: number];

/** Stored memberships. A user is a member of a guild while the document exists. */
@Injectable()
export class MembersRepository {
  private readonly loader = new BatchLoader((userIds: readonly Snowflake[]) => this.loadOf(userIds), USERS_AT_ONCE);

  constructor(@InjectModel(MODELS.member) private readonly members: Model<MemberDocument>) {}

  /** Returns the membership of a user; undefined if the user is not a member. */
  async find(guildId: Snowflake, userId: Snowflake): Promise<MemberDocument | undefined> {
    const member = await this.members.findOne({ guild_id: guildId, user_id: userId }).lean<MemberDocument | null>();
    return member ?? undefined;
  }

  /** @throws MemberNotFound */
  async get(guildId: Snowflake, userId: Snowflake): Promise<MemberDocument> {
    const member = await this.find(guildId, userId);
    if (!member) throw new MemberNotFound();
    return member;
  }

  /** Returns a page of members by user id, ascending. */
  list(guildId: Snowflake, { after, limit }: MemberPage): Promise<MemberDocument[]> {
    return this.members
      .find({ guild_id: guildId, ...(after !== undefined && { user_id: { $gt: after } }) })
      .sort({ user_id: 1 })
      .limit(atMost(limit))
      .lean<MemberDocument[]>()
      .exec();
  }

  /**
   * Lists members by nick, else username, in the order of `Intl.Collator`, then by username and user id, within a range
   * of positions.
   */
  listByName(guildId: Snowflake, [first, last]: MemberRange): Promise<MemberDocument[]> {
    const limit = last - first + 1;
    return this.members
      .find({ guild_id: guildId })
      .sort({ name_key: 1, username_key: 1, user_id: 1 })
      .skip(first)
      .limit(atMost(limit))
      .batchSize(limit)
      .lean<MemberDocument[]>()
      .exec();
  }

  /** Returns the memberships of those users who are members. */
  listAmong(guildId: Snowflake, userIds: readonly Snowflake[]): Promise<MemberDocument[]> {
    return this.members
      .find({ guild_id: guildId, user_id: { $in: userIds } })
      .lean<MemberDocument[]>()
      .exec();
  }

  /** Returns the ids of users who have exactly these roles, ascending. */
  async idsIn(guildId: Snowflake, roleSet: string, limit: number): Promise<Snowflake[]> {
    const members = await this.members
      .find({ guild_id: guildId, role_set: roleSet }, { user_id: 1 })
      .sort({ user_id: 1 })
      .limit(atMost(limit))
      .lean<Pick<MemberDocument, 'user_id'>[]>();
    return members.map(({ user_id }) => user_id);
  }

  /**
   * Returns members whose username or nick contains, for each word of a query, a word that begins with it; in the order
   * of the member list.
   */
  async search(guildId: Snowflake, query: string, limit: number): Promise<MemberDocument[]> {
    const requested = parseNameQuery(query);
    if (!requested) return [];
    const { term, matches } = requested;
    const max = Math.max(limit, LIMITS.membersSearched);
    const [byUsername, byNick] = await Promise.all([
      this.members
        .find({ guild_id: guildId, username_terms: term })
        .limit(atMost(max))
        .batchSize(max + 1)
        .lean<MemberDocument[]>(),
      this.members
        .find({ guild_id: guildId, nick_terms: term })
        .limit(atMost(max))
        .batchSize(max + 1)
        .lean<MemberDocument[]>(),
    ]);
    const found = new Map([...byUsername, ...byNick].map((member) => [member.user_id, member]));
    return [...found.values()]
      .filter(({ nick, username_key }) => matches(`${nameOfKey(username_key)} ${nick ?? ''}`))
      .sort(byName)
      .slice(0, limit);
  }

  /** Returns all memberships of a user. Calls of the same moment share one query. */
  async listOf(userId: Snowflake): Promise<MemberDocument[]> {
    return (await this.loader.load(userId)) ?? [];
  }

  /** Returns memberships in all guilds that began at most `milliseconds` before the most recent one. */
  async listLatest(
    milliseconds: number,
  ): Promise<Pick<MemberDocument, '_id' | 'guild_id' | 'user_id' | 'username_version'>[]> {
    const fields = { guild_id: 1, user_id: 1, username_version: 1 };
    const [last] = await this.members
      .find({ _id: { $gt: 0n } }, fields)
      .sort({ _id: -1 })
      .limit(atMost(1))
      .lean<MemberDocument[]>();
    if (!last) return [];
    return this.members
      .find({ _id: { $gte: lowestAt(new Date(createdAt(last._id).getTime() - milliseconds)) } }, fields)
      .lean<MemberDocument[]>();
  }

  private async loadOf(userIds: readonly Snowflake[]): Promise<ReadonlyMap<Snowflake, MemberDocument[]>> {
    const members = await this.members
      .find({ user_id: { $in: userIds } })
      .batchSize(userIds.length * LIMITS.guilds + 1)
      .lean<MemberDocument[]>();
    return groupBy(members, ({ user_id }) => user_id);
  }
}

/** Compares two members in the order of the member list. */
function byName(a: MemberDocument, b: MemberDocument): number {
  const [first, second] = [a, b].map(({ name_key, username_key, user_id }) => [
    name_key,
    username_key,
    String(user_id).padStart(20, '0'),
  ]) as [string[], string[]];
  const at = first.findIndex((part, index) => part !== second[index]);
  return at < 0 ? 0 : (first[at] ?? '') < (second[at] ?? '') ? -1 : 1;
}
