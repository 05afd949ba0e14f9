import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { BanList } from '../bans/ban-list';
import { Banned } from '../bans/bans.errors';
import { TooMuchContention } from '../common/common.errors';
import { BatchLoader } from '../common/batch-loader';
import { groupBy } from '../common/group-by';
import { KeyedQueue } from '../common/keyed-queue';
import { LIMITS } from '../common/limits';
import { createdAt, type Snowflake } from '../common/snowflake';
import { Snowflakes } from '../common/snowflakes.service';
import { withoutCase } from '../common/without-case';
import { MODELS } from '../database/database.module';
import { duplicateKey } from '../database/duplicate-key';
import { insert } from '../database/insert';
import { EventsService } from '../events/events.service';
import { tellUntilTrue } from '../events/tell-until-true';
import { OwnerCannotLeave } from '../guilds/guilds.errors';
import { has, minus, Permission, type PermissionSet, type TrackRules } from '../permissions/algebra';
import { GuildAuthority } from '../permissions/authority';
import { PermissionsMissing } from '../permissions/permissions.errors';
import { AuthorityResolver } from '../permissions/authority-resolver';
import { allRules } from '../permissions/guild-state';
import { assertMayActOnMember, assertMayDropOwnRole, assertMayGiveRole, assertMayGiveRoleInTracks, assertMayTakeRole, assertMayTakeRoleInTracks } from '../permissions/policy';
import { PositionsService } from '../read-states/positions.service';
import type { RoleDocument } from '../roles/role.schema';
import { EveryoneImmovable, RoleNotFound } from '../roles/roles.errors';
import type { UserDocument } from '../users/user.schema';
import { UsersService } from '../users/users.service';
import { DeparturesService } from './departures.service';
import type { MemberDto, UpdateMemberDto } from './member.dto';
import type { MemberDocument } from './member.schema';
import { MemberNotFound, TimeoutTooLong } from './members.errors';
import { roleSetOf } from './role-set.schema';
import { RoleSetsService } from './role-sets.service';

const DAY_MS = 86_400_000;
const ATTEMPTS = 20;
const USERS_AT_ONCE = 50;
const LAST_CHARACTER = '\u{10FFFF}';

/** A page of members. */
export interface MemberPage {
  readonly after?: Snowflake;
  readonly limit: number;
}

/** Places in the list of members, from 0, both ends included. */
export type MemberRange = readonly [first: number, last: number];

/** Memberships: a member's document exists, or they are not in the guild. */
@Injectable()
export class MembersService {
  // What one member is changed to depends on what they are, so changes of one wait for each other.
  private readonly queue = new KeyedQueue<string>();
  private readonly loader = new BatchLoader((userIds: readonly Snowflake[]) => this.loadOf(userIds), USERS_AT_ONCE);

  constructor(
    private readonly snowflakes: Snowflakes,
    private readonly users: UsersService,
    private readonly departures: DeparturesService,
    private readonly bans: BanList,
    private readonly roleSets: RoleSetsService,
    private readonly positions: PositionsService,
    private readonly resolver: AuthorityResolver,
    private readonly events: EventsService,
    @InjectModel(MODELS.member) private readonly members: Model<MemberDocument>,
  ) {}

  /**
   * Makes a user a member. Being one already is fine; who was one comes back with what held them down.
   *
   * A ban that is made at the same moment was written before this looks for it, and then they are out again; or it was written after they
   * were in, and then whoever bans finds them.
   *
   * @returns the member, and whether they are new
   * @throws GuildLimitReached when they are in 200 guilds
   * @throws Banned
   */
  async join(guildId: Snowflake, userId: Snowflake): Promise<{ member: MemberDocument; isNew: boolean }> {
    const { username_key } = await this.users.reserveGuild(userId, guildId);
    const { held, membershipId } = await this.departures.recall(guildId, userId);
    const member: MemberDocument = { _id: this.snowflakes.next(), guild_id: guildId, user_id: userId, nick: null, nick_key: null, username_key, name_key: username_key, ...held, role_set: roleSetOf(held.role_ids) };
    await this.roleSets.enter(member);
    try {
      await insert(this.members, member);
    } catch (error) {
      await this.roleSets.leave(member);
      if (!duplicateKey(error)) throw error;
      return { member: await this.get(guildId, userId), isNew: false };
    }
    await this.assertStillWelcome(guildId, userId);
    const settled = [this.positions.join(guildId, userId), ...(membershipId === undefined ? [] : [this.departures.forget(guildId, userId, membershipId)])];
    await Promise.all(settled);
    await this.events.publish('MEMBER_JOIN', { guildId }, memberDtoOf(member));
    return { member, isNew: true };
  }

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
      .limit(limit)
      .lean<MemberDocument[]>()
      .exec();
  }

  /** Members by what they are called, whatever the case, and then by the ids of their users; from one place in that order to another, the first being 0. */
  listByName(guildId: Snowflake, [first, last]: MemberRange): Promise<MemberDocument[]> {
    const limit = last - first + 1;
    return this.members.find({ guild_id: guildId }).sort({ name_key: 1, user_id: 1 }).skip(first).limit(limit).batchSize(limit).lean<MemberDocument[]>().exec();
  }

  /** Those of these users who are members. */
  listAmong(guildId: Snowflake, userIds: readonly Snowflake[]): Promise<MemberDocument[]> {
    return this.members.find({ guild_id: guildId, user_id: { $in: userIds } }).lean<MemberDocument[]>().exec();
  }

  /** Some users who have exactly these roles, by their ids. */
  async idsIn(guildId: Snowflake, roleSet: string, limit: number): Promise<Snowflake[]> {
    const members = await this.members.find({ guild_id: guildId, role_set: roleSet }, { user_id: 1 }).sort({ user_id: 1 }).limit(limit).lean<Pick<MemberDocument, 'user_id'>[]>();
    return members.map(({ user_id }) => user_id);
  }

  /** Members whose username or nick begins with this, whatever the case: those by username first, each in alphabetical order. */
  async search(guildId: Snowflake, beginning: string, limit: number): Promise<MemberDocument[]> {
    const key = withoutCase(beginning);
    const range = { $gte: key, $lt: `${key}${LAST_CHARACTER}` };
    const [byUsername, byNick] = await Promise.all([
      this.members.find({ guild_id: guildId, username_key: range }).sort({ username_key: 1 }).limit(limit).lean<MemberDocument[]>(),
      this.members.find({ guild_id: guildId, nick_key: range }).sort({ nick_key: 1 }).limit(limit).lean<MemberDocument[]>(),
    ]);
    const found = new Map([...byUsername, ...byNick].map((member) => [member.user_id, member]));
    return [...found.values()].slice(0, limit);
  }

  /** The memberships of a user. */
  async listOf(userId: Snowflake): Promise<MemberDocument[]> {
    return (await this.loader.load(userId)) ?? [];
  }

  /** Gives a member a nick, roles or a time-out; each field asks for its own permission. */
  update(authority: GuildAuthority, userId: Snowflake, change: UpdateMemberDto): Promise<MemberDocument> {
    return this.change(authority, userId, (actor, target, rules) => {
      const isSelf = actor.userId === userId;
      if (change.nick !== undefined) assertMayNick(actor, target, isSelf);
      if (change.timed_out_until !== undefined) assertMayTimeOut(actor, target, change.timed_out_until);
      if (change.role_ids !== undefined) assertMayChangeRoles(actor, target, change.role_ids, rules);
      return { ...change, ...(change.role_ids && { role_ids: [...new Set(change.role_ids)] }) };
    });
  }

  /** Gives a member a role; having it already is fine. @throws MemberNotFound, RoleNotFound, RoleOutOfReach, PermissionsNotHeld */
  giveRole(authority: GuildAuthority, userId: Snowflake, roleId: Snowflake): Promise<MemberDocument> {
    return this.change(authority, userId, (actor, target, rules) => {
      const role_ids = [...new Set([...target.member.role_ids, roleId])];
      assertMayChangeRoles(actor, target, role_ids, rules);
      return { role_ids };
    });
  }

  /** Takes a role away; not having it is fine. @throws MemberNotFound, RoleNotFound, RoleOutOfReach, PermissionsNotHeld */
  takeRole(authority: GuildAuthority, userId: Snowflake, roleId: Snowflake): Promise<MemberDocument> {
    return this.change(authority, userId, (actor, target, rules) => {
      const role_ids = target.member.role_ids.filter((id) => id !== roleId);
      roleOf(actor, roleId);
      assertMayChangeRoles(actor, target, role_ids, rules);
      return { role_ids };
    });
  }

  /** Throws a member out. @throws MemberNotFound, MemberOutOfReach */
  async kick(authority: GuildAuthority, userId: Snowflake): Promise<void> {
    assertMayActOnMember(authority, await this.resolver.memberOf(authority.state, userId));
    await this.remove(authority.guildId, userId);
  }

  /** Leaves a guild. @throws OwnerCannotLeave */
  async leave(authority: GuildAuthority): Promise<void> {
    if (authority.isOwner) throw new OwnerCannotLeave();
    await this.remove(authority.guildId, authority.userId);
  }

  /** Lets a user be found by a new name in all of their guilds, and be where it belongs in their lists. */
  async rename({ _id: userId, username_key, guild_ids }: UserDocument): Promise<void> {
    await this.members.updateMany({ user_id: userId }, { $set: { username_key } });
    await this.members.updateMany({ user_id: userId, nick_key: null }, { $set: { name_key: username_key } });
    await this.events.publish('MEMBER_RENAME', { userIds: [] }, { user_id: userId, guild_ids: [...guild_ids] });
  }

  /** Removes every membership of a guild that is gone. */
  async removeAll(guildId: Snowflake): Promise<void> {
    const members = await this.members.find({ guild_id: guildId }, { user_id: 1 }).lean<Pick<MemberDocument, 'user_id'>[]>();
    await this.users.releaseGuild(members.map(({ user_id }) => user_id), guildId);
    await Promise.all([this.members.deleteMany({ guild_id: guildId }), this.departures.forgetGuild(guildId), this.bans.forgetGuild(guildId), this.roleSets.removeAll(guildId)]);
  }

  /** Takes a role that is gone from all who had it. */
  async sweepRole(guildId: Snowflake, roleId: Snowflake): Promise<void> {
    await this.members.updateMany({ guild_id: guildId, role_ids: roleId }, { $pull: { role_ids: roleId } });
  }

  /** Ends a membership; whether it may be is for who asks. @throws MemberNotFound, OwnerCannotLeave */
  async remove(guildId: Snowflake, userId: Snowflake): Promise<void> {
    await this.queue.run(`${guildId}:${userId}`, async () => {
      // Remembered first, so that a crash leaves a member or a departure; and again if another node has changed them meanwhile.
      const seen = await this.get(guildId, userId);
      await this.departures.keep(seen);
      const member = await this.members.findOneAndDelete({ guild_id: guildId, user_id: userId }).lean<MemberDocument | null>();
      if (!member) throw new MemberNotFound();
      if (!isDeepStrictEqual(member, seen)) await this.departures.keep(member);
      await this.assertNotOwner(member);
      await this.roleSets.leave(member);
      await this.events.publish('MEMBER_LEAVE', { guildId }, { guild_id: guildId, user_id: userId });
    });
    await Promise.all([this.users.releaseGuild([userId], guildId), this.positions.leave(guildId, userId)]);
  }

  /** Ends a membership if there is one; whether it may be is for who asks. */
  async expel(guildId: Snowflake, userId: Snowflake): Promise<void> {
    try {
      await this.remove(guildId, userId);
    } catch (error) {
      if (!(error instanceof MemberNotFound)) throw error;
    }
  }

  // Whoever is given a guild at the same moment either finds that the member is gone, or the member finds here that the guild is theirs.
  private async assertNotOwner(member: MemberDocument): Promise<void> {
    const { guild_id: guildId, user_id: userId } = member;
    if ((await this.resolver.findOwner(guildId)) !== userId) return;
    await insert(this.members, member);
    await this.events.publish('MEMBER_UPDATE', { guildId }, memberDtoOf(member));
    throw new OwnerCannotLeave();
  }

  private async assertStillWelcome(guildId: Snowflake, userId: Snowflake): Promise<void> {
    try {
      await this.bans.assertNotBanned(guildId, userId);
    } catch (error) {
      if (error instanceof Banned) await this.expel(guildId, userId);
      throw error;
    }
  }

  /**
   * Tells what a membership is by now, or that there is none, because its last change may not have been told.
   *
   * @param from the lowest id that a membership can have of which nobody was told
   */
  async retell(guildId: Snowflake, userId: Snowflake, from: Snowflake): Promise<void> {
    await tellUntilTrue(
      () => this.find(guildId, userId),
      (member) =>
        member
          ? this.events.publish(member._id >= from ? 'MEMBER_JOIN' : 'MEMBER_UPDATE', { guildId }, memberDtoOf(member))
          : this.events.publish('MEMBER_LEAVE', { guildId }, { guild_id: guildId, user_id: userId }),
    );
  }

  // Only who was judged is changed: if another node has given them other roles meanwhile, or another name, or they are not the member any more that
  // they were, they are judged again.
  private async loadOf(userIds: readonly Snowflake[]): Promise<ReadonlyMap<Snowflake, MemberDocument[]>> {
    const members = await this.members.find({ user_id: { $in: userIds } }).batchSize(userIds.length * LIMITS.guilds + 1).lean<MemberDocument[]>();
    return groupBy(members, ({ user_id }) => user_id);
  }

  private async write({ _id, guild_id, user_id, role_set, username_key }: MemberDocument, change: UpdateMemberDto): Promise<MemberDocument | undefined> {
    const { role_ids, nick } = change;
    if (role_ids) await this.roleSets.enter({ guild_id, role_ids });
    const $set = { ...change, ...(role_ids && { role_set: roleSetOf(role_ids) }), ...(nick !== undefined && nameKeys(nick, username_key)) };
    const before = await this.members.findOneAndUpdate({ _id, guild_id, user_id, role_set, username_key }, { $set }, { returnDocument: 'before' }).lean<MemberDocument | null>();
    if (role_ids) await this.roleSets.leave(before ?? { guild_id, role_set: roleSetOf(role_ids) });
    return before ? { ...before, ...$set } : undefined;
  }

  private change(authority: GuildAuthority, userId: Snowflake, decide: (actor: GuildAuthority, target: GuildAuthority, rules: readonly TrackRules[]) => UpdateMemberDto): Promise<MemberDocument> {
    const { guildId } = authority;
    return this.queue.run(`${guildId}:${userId}`, async () => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        // Asked again, since either of them may have been changed while this waited.
        const [actor, member, tracks] = await Promise.all([this.resolver.afresh(authority), this.get(guildId, userId), this.resolver.tracksOfGuild(guildId)]);
        const target = new GuildAuthority(actor.state, member, undefined, Date.now());
        const changed = await this.write(member, decide(actor, target, allRules(actor.state.guild, tracks)));
        if (!changed) continue;
        await this.events.publish('MEMBER_UPDATE', { guildId }, memberDtoOf(changed));
        return changed;
      }
      throw new TooMuchContention();
    });
  }
}

function assertMayNick(actor: GuildAuthority, target: GuildAuthority, isSelf: boolean): void {
  assertHas(actor, isSelf ? Permission.ChangeNickname : Permission.ModifyMemberNicknames);
  if (!isSelf) assertMayActOnMember(actor, target);
}

function assertMayTimeOut(actor: GuildAuthority, target: GuildAuthority, until: Date | null): void {
  assertHas(actor, Permission.TimeoutMembers);
  assertMayActOnMember(actor, target);
  if (until && until.getTime() - Date.now() > LIMITS.timeoutDays * DAY_MS) throw new TimeoutTooLong();
}

/** Every role that comes or goes has to be below the actor's highest, and nothing may be granted that they lack, in no track either. */
function assertMayChangeRoles(actor: GuildAuthority, target: GuildAuthority, roleIds: readonly Snowflake[], rules: readonly TrackRules[]): void {
  const before = new Set(target.member.role_ids);
  const after = new Set(roleIds);
  const given = [...after].filter((id) => !before.has(id));
  const taken = [...before].filter((id) => !after.has(id) && target.roles.some(({ _id }) => _id === id));
  const isSelf = actor.userId === target.userId;
  if (given.length > 0 || !isSelf) assertHas(actor, Permission.ManageRoles);
  if (!isSelf && !actor.isOwner) assertMayActOnMember(actor, target);
  for (const id of given) {
    assertMayGiveRole(actor, roleOf(actor, id), positionOf(actor, id));
    assertMayGiveRoleInTracks(actor.subject, rules, id);
  }
  for (const id of taken) {
    if (isSelf) assertMayDropOwnRole(actor, roleOf(actor, id));
    else assertMayTakeRole(actor, roleOf(actor, id), positionOf(actor, id));
    assertMayTakeRoleInTracks(actor.subject, rules, id);
  }
}

function roleOf({ guildId, state }: GuildAuthority, id: Snowflake): RoleDocument {
  if (id === guildId) throw new EveryoneImmovable();
  const role = state.roles.find(({ _id }) => _id === id);
  if (!role) throw new RoleNotFound();
  return role;
}

const positionOf = ({ state }: GuildAuthority, id: Snowflake): number => state.guild.role_ids.indexOf(id) + 1;

function assertHas(actor: GuildAuthority, wanted: PermissionSet): void {
  if (!has(actor.permissions, wanted)) throw new PermissionsMissing(minus(wanted, actor.permissions));
}

function nameKeys(nick: string | null, usernameKey: string): Pick<MemberDocument, 'nick_key' | 'name_key'> {
  const nick_key = nick === null ? null : withoutCase(nick);
  return { nick_key, name_key: nick_key ?? usernameKey };
}

/** A member as clients see them. */
export const memberDtoOf = ({ _id, guild_id, user_id, nick, role_ids, timed_out_until }: MemberDocument): MemberDto => ({
  guild_id,
  user_id,
  nick,
  role_ids: [...role_ids],
  timed_out_until,
  joined_at: createdAt(_id),
});
