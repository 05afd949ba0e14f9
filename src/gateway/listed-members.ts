import { Injectable } from '@nestjs/common';
import type { Snowflake } from '../common/snowflake';
import { nameOfKey } from '../common/text/collation';
import { MemberDirectory, type MemberRange } from '../members/member-directory';
import { memberDtoOf } from '../members/member.dto';
import type { MemberDocument } from '../members/member.schema';
import { RoleSetsService } from '../members/role-sets.service';
import type { PresenceStatus } from '../presence/presence.dto';
import { Presences } from '../presence/presences';
import { UsersService } from '../users/users.service';
import type { MemberRow } from './gateway-events';
import { type ListedMember, MemberList } from './member-list';

/** Finds members with what they are shown by: their user's name, and whether they are there. */
@Injectable()
export class ListedMembers {
  constructor(
    private readonly members: MemberDirectory,
    private readonly roleSets: RoleSetsService,
    private readonly users: UsersService,
    private readonly presences: Presences,
  ) {}

  /** A part of a guild's list as it now is; the names that an earlier one knows aren't asked for again, but for those that are others since. */
  async read(guildId: Snowflake, range: MemberRange, { list, renamed }: { list: MemberList; renamed: ReadonlySet<Snowflake> }): Promise<MemberList> {
    const [documents, counted] = await Promise.all([this.members.listByName(guildId, range), this.roleSets.countMembers(guildId)]);
    const members = await this.listed(documents, (id) => (renamed.has(id) ? undefined : list.find(id)?.username));
    return MemberList.read(range, list.keeping(members), counted);
  }

  /** Members as they are shown, in the same order. */
  async rowsOf(documents: readonly MemberDocument[]): Promise<MemberRow[]> {
    return (await this.listed(documents)).map((member) => this.rowOf(member));
  }

  /** A member as they are shown right now. */
  rowOf(member: ListedMember): MemberRow {
    return { ...member, status: this.statusOf(member.user_id) };
  }

  /** What others see of somebody right now. */
  statusOf(userId: Snowflake): PresenceStatus {
    return this.presences.statusOf(userId);
  }

  private async listed(documents: readonly MemberDocument[], nameOf: (id: Snowflake) => string | undefined = () => undefined): Promise<ListedMember[]> {
    const unknown = documents.map(({ user_id }) => user_id).filter((id) => nameOf(id) === undefined);
    const users = unknown.length > 0 ? await this.users.list(unknown) : [];
    const names = new Map(users.map(({ _id, username }) => [_id, username]));
    // An account that is being deleted has no name any more.
    return documents.map((member) => ({ ...memberDtoOf(member), username: nameOf(member.user_id) ?? names.get(member.user_id) ?? nameOfKey(member.username_key) }));
  }
}
