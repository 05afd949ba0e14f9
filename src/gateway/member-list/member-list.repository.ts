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

/** Finds members with what they are shown by: their user's name, and whether they are there. */
@Injectable()
export class MemberListRepository {
  constructor(
    private readonly membersRepository: MembersRepository,
    private readonly roleSets: RoleSetsService,
    private readonly users: UsersService,
    private readonly presence: PresenceRegistry,
  ) {}

  /** A part of a guild's list as it now is; the names that an earlier one knows aren't asked for again, but for those that are others since. */
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
    return this.presence.statusOf(userId);
  }

  private async listed(
    documents: readonly MemberDocument[],
    nameOf: (id: Snowflake) => string | undefined = () => undefined,
  ): Promise<ListedMember[]> {
    const unknown = documents.map(({ user_id }) => user_id).filter((id) => nameOf(id) === undefined);
    const users = unknown.length > 0 ? await this.users.list(unknown) : [];
    const names = new Map(users.map(({ _id, username }) => [_id, username]));
    // An account that is being deleted has no name any more.
    return documents.map((member) => ({
      ...toMemberDto(member),
      username: nameOf(member.user_id) ?? names.get(member.user_id) ?? nameOfKey(member.username_key),
    }));
  }
}
