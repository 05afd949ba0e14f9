import { UseFilters } from '@nestjs/common';
import { ConnectedSocket, MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { SchemaPipe } from '../common/schema.pipe';
import { Touches } from '../nodes/change';
import type { GuildAuthority } from '../permissions/authority';
import { Authority } from '../permissions/call';
import { Authenticated, Member } from '../permissions/requirement';
import { type ClientSocket, send } from './connection';
import { type Done, type Interaction, INTERACTIONS, type MemberWindow } from './gateway-events';
import { GatewayFilter } from './gateway.filter';
import { EVERYBODY } from './looked-at-guild';
import { Lookers } from './lookers';
import { MemberRequests } from './member-requests';

/** What clients ask about the members of a guild that is being looked at. */
@WebSocketGateway({ namespace: '/gateway' })
@UseFilters(GatewayFilter)
@Touches('nothing')
export class MembersGateway {
  constructor(
    private readonly lookers: Lookers,
    private readonly requests: MemberRequests,
  ) {}

  /** Looks at a guild: through a window of its member list, or only at who is there. */
  @SubscribeMessage('guild.subscribe')
  @Member()
  async subscribe(
    @ConnectedSocket() socket: ClientSocket,
    @Authority() authority: GuildAuthority,
    @MessageBody(new SchemaPipe(INTERACTIONS['guild.subscribe'].data)) { members }: Interaction<'guild.subscribe'>,
  ): Promise<Done<MemberWindow>> {
    return { ok: true, data: await this.lookers.subscribe(socket, authority, members ? { range: members, showsMembers: true } : EVERYBODY) };
  }

  /** Looks at a guild no more. */
  @SubscribeMessage('guild.unsubscribe')
  @Authenticated()
  unsubscribe(@ConnectedSocket() socket: ClientSocket, @MessageBody(new SchemaPipe(INTERACTIONS['guild.unsubscribe'].data)) { guild_id }: Interaction<'guild.unsubscribe'>): Done<null> {
    this.lookers.unsubscribe(socket, guild_id);
    return { ok: true, data: null };
  }

  /** Asks for members; they come in chunks before the acknowledgement. */
  @SubscribeMessage('members.request')
  @Member()
  async request(
    @ConnectedSocket() socket: ClientSocket,
    @MessageBody(new SchemaPipe(INTERACTIONS['members.request'].data)) request: Interaction<'members.request'>,
  ): Promise<Done<{ chunks: number; members: number }>> {
    const chunks = await this.requests.chunksFor(request);
    for (const chunk of chunks) send(socket, 'MEMBERS_CHUNK', chunk);
    return { ok: true, data: { chunks: chunks.length, members: chunks.reduce((sum, { members }) => sum + members.length, 0) } };
  }
}
