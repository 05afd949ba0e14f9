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

/** Interactions that set read markers. */
@WebSocketGateway({ namespace: '/gateway' })
@UseFilters(GatewayFilter)
@MutationScope('account')
export class ReadStatesGateway {
  constructor(private readonly readStates: ReadStatesService) {}

  /** Sets the read marker of a track, under the same rules as the REST API. */
  @SubscribeMessage('read_state.update')
  @RequireTextTrack()
  async update(
    @Authority() authority: TrackAuthority,
    @MessageBody() change: UpdateReadStatePayload,
  ): Promise<Done<ReadStateDto>> {
    return { ok: true, data: await this.readStates.update(authority, change) };
  }
}
