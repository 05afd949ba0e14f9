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

/** Interactions that set the presence of the user. */
@WebSocketGateway({ namespace: '/gateway' })
@UseFilters(GatewayFilter)
export class PresenceGateway {
  constructor(private readonly presence: PresenceService) {}

  /** Sets the status of the user, under the same rules as the REST API. */
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
