import { Injectable } from '@nestjs/common';
import type { Snowflake } from '../common/snowflake';
import { EventsService } from '../events/events.service';
import { publishUntilStable } from '../events/publish-until-stable';
import { MembersRepository } from './members.repository';
import { type MemberDto, toMemberDto } from './member.dto';
import type { MemberDocument } from './member.schema';

/** A membership after a write, or its end. */
export interface MemberState {
  readonly guildId: Snowflake;
  readonly userId: Snowflake;
  /** The membership; undefined if it has ended. */
  readonly member: MemberDocument | undefined;
  /** Whether the write began the membership. */
  readonly isNew?: boolean;
}

/** Publishes memberships so that the last event of a member has the stored value, also if several nodes change the member at once. */
@Injectable()
export class MemberEvents {
  constructor(
    private readonly membersRepository: MembersRepository,
    private readonly events: EventsService,
  ) {}

  /**
   * Publishes MEMBER_JOIN, MEMBER_UPDATE or MEMBER_LEAVE, and again with the stored state if the state differs by then.
   */
  async publish({ guildId, userId, member, isNew = false }: MemberState): Promise<void> {
    let wasMember = member !== undefined && !isNew;
    await publishUntilStable<MemberDto | undefined>(member && toMemberDto(member), {
      read: async () => {
        const stored = await this.membersRepository.find(guildId, userId);
        return stored && toMemberDto(stored);
      },
      publish: async (dto) => {
        if (dto) await this.events.publish(wasMember ? 'MEMBER_UPDATE' : 'MEMBER_JOIN', { guildId }, dto);
        else await this.events.publish('MEMBER_LEAVE', { guildId }, { guild_id: guildId, user_id: userId });
        wasMember = dto !== undefined;
      },
    });
  }
}
