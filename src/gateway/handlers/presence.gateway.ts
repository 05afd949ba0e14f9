import { UseFilters } from '@nestjs/common';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { Snowflake } from '../../common/snowflake';
import { MutationScope } from '../../cluster/mutation';
import { UserId } from '../../permissions/request-context';
import { Authenticated } from '../../permissions/requirement.decorator';
import { PresenceDto, UpdatePresenceDto } from '../../presence/presence.dto';
import { PresenceService } from '../../presence/presence.service';
import type { Done } from '../protocol/gateway-events';
import { GatewayFilter } from './gateway.filter';

/** What clients tell of their users' presence. */
@WebSocketGateway({ namespace: '/gateway' })
@UseFilters(GatewayFilter)
export class PresenceGateway {
  constructor(private readonly presence: PresenceService) {}

  /** Chooses what one looks like, under the same rules as over REST. */
  @SubscribeMessage('presence.update')
  @Authenticated()
  @MutationScope('account')
  async update(
    @UserId() userId: Snowflake,
    @MessageBody()
    { status }: UpdatePresenceDto,
  ): Promise<Done<PresenceDto>> {
    return { ok: true, data: await this.presence.choose(userId, status) };
  }
}
