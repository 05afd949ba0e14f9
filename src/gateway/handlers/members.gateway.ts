import { UseFilters } from '@nestjs/common';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { ApiProblems } from '../../common/problems.decorator';
import { MutationScope } from '../../cluster/mutation';
import type { GuildAuthority } from '../../permissions/authority';
import { Authority } from '../../permissions/request-context';
import { Authenticated, RequireMembership } from '../../permissions/requirement.decorator';
import { type ClientSocket, send } from '../transport/client-socket';
import type { Done } from '../protocol/gateway-events';
import {
  GuildPayload,
  MembersRequestPayload,
  MembersRequestResult,
  MemberWindow,
  SubscribePayload,
} from '../protocol/gateway-payloads.dto';
import { GatewayFilter } from './gateway.filter';
import { EVERYBODY } from '../member-list/guild-member-list';
import { SubscriptionLimitReached, SubscriptionReplaced } from '../member-list/member-list-subscriptions.errors';
import { MemberListSubscriptions } from '../member-list/member-list-subscriptions.service';
import { MemberChunks } from '../member-list/member-chunks.service';

/** Interactions that subscribe to and request members of a guild. */
@WebSocketGateway({ namespace: '/gateway' })
@UseFilters(GatewayFilter)
@MutationScope('nothing')
export class MembersGateway {
  constructor(
    private readonly memberListSubscriptions: MemberListSubscriptions,
    private readonly memberChunks: MemberChunks,
  ) {}

  /** Subscribes to the presences of a guild and, with `members`, to a window of its member list. */
  @SubscribeMessage('guild.subscribe')
  @RequireMembership()
  @ApiProblems(SubscriptionLimitReached, SubscriptionReplaced)
  async subscribe(
    @ConnectedSocket() socket: ClientSocket,
    @Authority() authority: GuildAuthority,
    @MessageBody() { members }: SubscribePayload,
  ): Promise<Done<MemberWindow>> {
    return {
      ok: true,
      data: await this.memberListSubscriptions.subscribe(
        socket,
        authority,
        members ? { range: members, showsMembers: true } : EVERYBODY,
      ),
    };
  }

  /** Ends the subscription to a guild. */
  @SubscribeMessage('guild.unsubscribe')
  @Authenticated()
  unsubscribe(@ConnectedSocket() socket: ClientSocket, @MessageBody() { guild_id }: GuildPayload): Done<null> {
    this.memberListSubscriptions.unsubscribe(socket, guild_id);
    return { ok: true, data: null };
  }

  /** Sends members in chunks, followed by the acknowledgement. */
  @SubscribeMessage('members.request')
  @RequireMembership()
  async request(
    @ConnectedSocket() socket: ClientSocket,
    @MessageBody() request: MembersRequestPayload,
  ): Promise<Done<MembersRequestResult>> {
    const chunks = await this.memberChunks.chunksFor(request);
    for (const chunk of chunks) send(socket, 'MEMBERS_CHUNK', chunk);
    return {
      ok: true,
      data: { chunks: chunks.length, members: chunks.reduce((sum, { members }) => sum + members.length, 0) },
    };
  }
}
