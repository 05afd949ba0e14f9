import { Injectable } from '@nestjs/common';
import type { Snowflake } from '../../common/snowflake';
import { nameOfKey } from '../../common/text/collation';
import { MembersRepository, type MemberRange } from '../../members/members.repository';
import { toMemberDto } from '../../members/member.dto';
import type { MemberDocument } from '../../members/member.schema';
import { RoleSetsService } from '../../members/role-sets.service';
import type { PresenceStatus } from '../../presence/presence.dto';
import { PresenceRegistry } from '../../presence/presence.registry';
import { UsersService } from '../../users/users.service';
import type { MemberRow } from '../protocol/gateway-payloads.dto';
import { type ListedMember, MemberListPage } from './member-list-page';

/** Loads members with their usernames and presences. */
@Injectable()
export class MemberListRepository {
  constructor(
    private readonly membersRepository: MembersRepository,
    private readonly roleSets: RoleSetsService,
    private readonly users: UsersService,
    private readonly presence: PresenceRegistry,
  ) {}

  /** Loads a range of a guild's member list. Takes usernames from an earlier page, except those of renamed users. */
  async read(
    guildId: Snowflake,
    range: MemberRange,
    { list, renamed }: { list: MemberListPage; renamed: ReadonlySet<Snowflake> },
  ): Promise<MemberListPage> {
    const [documents, counted] = await Promise.all([
      this.membersRepository.listByName(guildId, range),
      this.roleSets.countMembers(guildId),
    ]);
    const members = await this.listed(documents, (id) => (renamed.has(id) ? undefined : list.find(id)?.username));
    return MemberListPage.read(range, list.reuseUnchanged(members), counted);
  }

  /** Returns the rows of members, in the same order. */
  async rowsOf(documents: readonly MemberDocument[]): Promise<MemberRow[]> {
    return (await this.listed(documents)).map((member) => this.rowOf(member));
  }

  /** Returns the row of a member with the current status. */
  rowOf(member: ListedMember): MemberRow {
    return { ...member, status: this.statusOf(member.user_id) };
  }

  /** Returns the current visible status of a user. */
  statusOf(userId: Snowflake): PresenceStatus {
    return this.presence.statusOf(userId);
  }

  private async listed(
    documents: readonly MemberDocument[],
    nameOf: (id: Snowflake) => string | undefined = () => undefined,
  ): Promise<ListedMember[]> {
    const unknown = documents.map(({ user_id }) => user_id).filter((id) => nameOf(id) === undefined);
    const users = unknown.length > 0 ? await this.users.list(unknown) : [];
    const names = new Map(users.map(({ _id, username }) => [_id, username]));
    // The user of an account that is being deleted is not found; the copied sort key contains the name.
    return documents.map((member) => ({
      ...toMemberDto(member),
      username: nameOf(member.user_id) ?? names.get(member.user_id) ?? nameOfKey(member.username_key),
    }));
  }
}
