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

/** A page of members. */
export interface MemberPage {
  readonly after?: Snowflake;
  readonly limit: number;
}

/** Places in the list of members, from 0, both ends included. */
export type MemberRange = readonly [first: number, last: number];

/** Finds members: a member's document exists, or they are not in the guild. */
@Injectable()
export class MembersRepository {
  private readonly loader = new BatchLoader((userIds: readonly Snowflake[]) => this.loadOf(userIds), USERS_AT_ONCE);

  constructor(@InjectModel(MODELS.member) private readonly members: Model<MemberDocument>) {}

  /** The membership of a user, when there is one. */
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

  /** Members by the ids of their users, ascending. */
  list(guildId: Snowflake, { after, limit }: MemberPage): Promise<MemberDocument[]> {
    return this.members
      .find({ guild_id: guildId, ...(after !== undefined && { user_id: { $gt: after } }) })
      .sort({ user_id: 1 })
      .limit(atMost(limit))
      .lean<MemberDocument[]>()
      .exec();
  }

  /** Lists members by nick or else username, in the order of `Intl.Collator`, then by username and user id; from one place to another, from 0. */
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

  /** Those of these users who are members. */
  listAmong(guildId: Snowflake, userIds: readonly Snowflake[]): Promise<MemberDocument[]> {
    return this.members
      .find({ guild_id: guildId, user_id: { $in: userIds } })
      .lean<MemberDocument[]>()
      .exec();
  }

  /** Some users who have exactly these roles, by their ids. */
  async idsIn(guildId: Snowflake, roleSet: string, limit: number): Promise<Snowflake[]> {
    const members = await this.members
      .find({ guild_id: guildId, role_set: roleSet }, { user_id: 1 })
      .sort({ user_id: 1 })
      .limit(atMost(limit))
      .lean<Pick<MemberDocument, 'user_id'>[]>();
    return members.map(({ user_id }) => user_id);
  }

  /** Returns members of whom a word of the username or nick begins with each word of a query, in the order of the member list. */
  async search(guildId: Snowflake, query: string, limit: number): Promise<MemberDocument[]> {
    const requested = parseNameQuery(query);
    if (!requested) return [];
    const { term, matches } = requested;
    const most = Math.max(limit, LIMITS.membersSearched);
    const [byUsername, byNick] = await Promise.all([
      this.members
        .find({ guild_id: guildId, username_terms: term })
        .limit(atMost(most))
        .batchSize(most + 1)
        .lean<MemberDocument[]>(),
      this.members
        .find({ guild_id: guildId, nick_terms: term })
        .limit(atMost(most))
        .batchSize(most + 1)
        .lean<MemberDocument[]>(),
    ]);
    const found = new Map([...byUsername, ...byNick].map((member) => [member.user_id, member]));
    return [...found.values()]
      .filter(({ nick, username_key }) => matches(`${nameOfKey(username_key)} ${nick ?? ''}`))
      .sort(byName)
      .slice(0, limit);
  }

  /** The memberships of a user. */
  async listOf(userId: Snowflake): Promise<MemberDocument[]> {
    return (await this.loader.load(userId)) ?? [];
  }

  /** Who joined so long before the last one who joined anywhere, or later. */
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

/** The order of the member list. */
function byName(a: MemberDocument, b: MemberDocument): number {
  const [first, second] = [a, b].map(({ name_key, username_key, user_id }) => [
    name_key,
    username_key,
    String(user_id).padStart(20, '0'),
  ]) as [string[], string[]];
  const at = first.findIndex((part, index) => part !== second[index]);
  return at < 0 ? 0 : (first[at] ?? '') < (second[at] ?? '') ? -1 : 1;
}
