import { UseFilters } from '@nestjs/common';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { MutationScope } from '../../cluster/mutation';
import type { TrackAuthority } from '../../permissions/authority';
import { Authority } from '../../permissions/request-context';
import { RequireTextTrack } from '../../permissions/requirement.decorator';
import type { ReadStateDto } from '../../read-states/read-state.dto';
import { ReadStatesService } from '../../read-states/read-states.service';
import type { Done } from '../protocol/gateway-events';
import { UpdateReadStatePayload } from '../protocol/gateway-payloads.dto';
import { GatewayFilter } from './gateway.filter';

/** How far users have read, told over the gateway. */
@WebSocketGateway({ namespace: '/gateway' })
@UseFilters(GatewayFilter)
@MutationScope('account')
export class ReadStatesGateway {
  constructor(private readonly readStates: ReadStatesService) {}

  /** Tells how far one has read, under the same rules as over REST. */
  @SubscribeMessage('read_state.update')
  @RequireTextTrack()
  async update(
    @Authority() authority: TrackAuthority,
    @MessageBody() change: UpdateReadStatePayload,
  ): Promise<Done<ReadStateDto>> {
    return { ok: true, data: await this.readStates.update(authority, change) };
  }
}
