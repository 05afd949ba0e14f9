import { UseFilters } from '@nestjs/common';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { MessageDto } from '../../messages/message.dto';
import { MessageNotFound, SlowModeActive } from '../../messages/messages.errors';
import { MessagesService } from '../../messages/messages.service';
import { MutationScope } from '../../cluster/mutation';
import { ApiProblems } from '../../common/problems.decorator';
import { Permission } from '../../permissions/compute-permissions';
import type { TrackAuthority } from '../../permissions/authority';
import { Authority } from '../../permissions/request-context';
import { RequireTextTrack } from '../../permissions/requirement.decorator';
import type { Done } from '../protocol/gateway-events';
import { CreateMessagePayload, TrackPayload } from '../protocol/gateway-payloads.dto';
import { GatewayFilter } from './gateway.filter';

/** Interactions that send messages and typing indicators. */
@WebSocketGateway({ namespace: '/gateway' })
@UseFilters(GatewayFilter)
export class MessagesGateway {
  constructor(private readonly messages: MessagesService) {}

  /** Sends a message, under the same rules as the REST API. */
  @SubscribeMessage('message.create')
  @RequireTextTrack(Permission.CreateMessage)
  @MutationScope('created_messages')
  @ApiProblems(MessageNotFound, SlowModeActive)
  async create(
    @Authority() authority: TrackAuthority,
    @MessageBody() message: CreateMessagePayload,
  ): Promise<Done<MessageDto>> {
    return { ok: true, data: await this.messages.create(authority, message) };
  }

  /** Shows others that the user is typing. */
  @SubscribeMessage('typing.start')
  @RequireTextTrack(Permission.CreateMessage)
  @MutationScope('nothing')
  async startTyping(@Authority() authority: TrackAuthority, @MessageBody() _place: TrackPayload): Promise<Done<null>> {
    await this.messages.startTyping(authority);
    return { ok: true, data: null };
  }
}
