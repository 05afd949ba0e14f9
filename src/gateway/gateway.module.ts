import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module';
import { MembersModule } from '../members/members.module';
import { MessagesModule } from '../messages/messages.module';
import { PresenceModule } from '../presence/presence.module';
import { ReadStatesModule } from '../read-states/read-states.module';
import { UsersModule } from '../users/users.module';
import { Admission } from './admission';
import { Attendance } from './attendance';
import { ClientAddress } from './client-address';
import { Dispatcher } from './dispatcher';
import { FloodGuard } from './flood-guard';
import { Gateway } from './gateway';
import { GuildViews } from './guild-views';
import { GatewaySecurity } from './gateway-security';
import { Handshake } from './handshake';
import { Interactions } from './interactions';
import { LimitsController } from './limits.controller';
import { ListedMembers } from './listed-members';
import { Lookers } from './lookers';
import { MemberRequests } from './member-requests';
import { MembersGateway } from './members.gateway';
import { MessagesGateway } from './messages.gateway';
import { Past } from './past';
import { Preparations } from './preparations';
import { PresenceGateway } from './presence.gateway';
import { ReadStatesGateway } from './read-states.gateway';
import { SessionExpiry } from './session-expiry';
import { SlowReaders } from './slow-readers';
import { SocketCounts } from './socket-counts';

/** The Socket.IO gateway. It listens to events; no feature knows of it. */
@Module({
  imports: [AuthModule, UsersModule, MembersModule, MessagesModule, PresenceModule, ReadStatesModule],
  controllers: [LimitsController],
  providers: [Gateway, MessagesGateway, PresenceGateway, MembersGateway, ReadStatesGateway, Lookers, ListedMembers, MemberRequests, Handshake, FloodGuard, Interactions, SlowReaders, SocketCounts, ClientAddress, Attendance, Preparations, GuildViews, Dispatcher, Past, Admission, SessionExpiry, GatewaySecurity],
})
export class GatewayModule {}
