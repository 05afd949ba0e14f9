import { Injectable } from '@nestjs/common';
import { LIMITS } from '../../common/limits';
import type { Snowflake } from '../../common/snowflake';
import type { MemberDocument } from '../../members/member.schema';
import { MembersRepository } from '../../members/members.repository';
import type { MembersChunkEvent, MembersRequestPayload } from '../protocol/gateway-payloads.dto';
import { MemberListRepository } from './member-list.repository';

type Request = MembersRequestPayload;
type Chunk = MembersChunkEvent;

/** Finds the members that a client requests, and splits them into chunks. */
@Injectable()
export class MemberChunks {
  constructor(
    private readonly membersRepository: MembersRepository,
    private readonly memberList: MemberListRepository,
  ) {}

  /** Returns the chunks of a request; at least one. */
  async chunksFor({ guild_id, nonce, ...request }: Request): Promise<Chunk[]> {
    const found = await this.find(guild_id, request);
    const isFound = new Set(found.map(({ user_id }) => user_id));
    const notFound = [...new Set(request.user_ids)].filter((id) => !isFound.has(id));
    const rows = await this.memberList.rowsOf(found.slice(0, request.limit));
    const count = Math.max(1, Math.ceil(rows.length / LIMITS.memberChunk));
    return Array.from({ length: count }, (_, index) => ({
      guild_id,
      ...(nonce !== undefined && { nonce }),
      index,
      count,
      members: rows.slice(index * LIMITS.memberChunk, (index + 1) * LIMITS.memberChunk),
      not_found: index === 0 ? notFound : [],
    }));
  }

  private find(
    guildId: Snowflake,
    { query, user_ids: userIds, limit }: Omit<Request, 'guild_id' | 'nonce'>,
  ): Promise<MemberDocument[]> {
    if (userIds) return this.membersRepository.listAmong(guildId, userIds);
    return query === undefined
      ? this.membersRepository.listByName(guildId, [0, limit - 1])
      : this.membersRepository.search(guildId, query, limit);
  }
}
