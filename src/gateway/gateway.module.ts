import { type FactoryProvider, Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module';
import { MembersModule } from '../members/members.module';
import { MessagesModule } from '../messages/messages.module';
import { PresenceModule } from '../presence/presence.module';
import { ReadStatesModule } from '../read-states/read-states.module';
import { UsersModule } from '../users/users.module';
import { SessionStarter } from './session/session-starter.service';
import { SocketRegistry } from './dispatch/socket-registry.service';
import { ClientAddress } from './transport/client-address';
import { Dispatcher } from './dispatch/dispatcher';
import { InteractionLimiter } from './handlers/interaction-limiter';
import { Gateway } from './gateway';
import { GuildSnapshots } from './dispatch/guild-snapshots.service';
import { GatewaySecurity } from './transport/gateway-security';
import { GroupDelivery } from './dispatch/group-delivery';
import { ConnectedUsers } from './session/connected-users';
import { HandshakeMiddleware } from './session/handshake.middleware';
import { SocketMetrics } from './transport/socket-metrics';
import { SOCKET_OBSERVERS, type SocketObserver } from './transport/socket-observer';
import { Handshake } from './session/handshake';
import { HandlerRegistry } from './handlers/handler-registry';
import { LimitsController } from './handlers/limits.controller';
import { MemberListRepository } from './member-list/member-list.repository';
import { MemberListSubscriptions } from './member-list/member-list-subscriptions.service';
import { MemberChunks } from './member-list/member-chunks.service';
import { MembersGateway } from './handlers/members.gateway';
import { MessagesGateway } from './handlers/messages.gateway';
import { EventHistory } from './session/event-history.service';
import { PendingSockets } from './session/pending-sockets';
import { PresenceGateway } from './handlers/presence.gateway';
import { ReadStatesGateway } from './handlers/read-states.gateway';
import { SessionExpiry } from './session/session-expiry';
import { SlowConsumerMonitor } from './transport/slow-consumers';
import { ConnectionSlots } from './session/connection-slots';
import { SessionGreeting } from './session/session-greeting.service';
import { AsyncApiController } from './protocol/async-api.controller';

// SessionExpiry closes a socket whose session has expired, after the observers before it know the socket.
const socketObservers: FactoryProvider<readonly SocketObserver[]> = {
  provide: SOCKET_OBSERVERS,
  inject: [
    SocketMetrics,
    ConnectedUsers,
    InteractionLimiter,
    SlowConsumerMonitor,
    GatewaySecurity,
    SessionExpiry,
    SocketRegistry,
    MemberListSubscriptions,
  ],
  useFactory: (...observers: SocketObserver[]) => observers,
};

/** The Socket.IO gateway. It subscribes to the event log; no feature imports it. */
@Module({
  imports: [AuthModule, UsersModule, MembersModule, MessagesModule, PresenceModule, ReadStatesModule],
  controllers: [LimitsController, AsyncApiController],
  providers: [
    Gateway,
    socketObservers,
    SocketMetrics,
    ConnectedUsers,
    HandshakeMiddleware,
    MessagesGateway,
    PresenceGateway,
    MembersGateway,
    ReadStatesGateway,
    MemberListSubscriptions,
    MemberListRepository,
    MemberChunks,
    Handshake,
    InteractionLimiter,
    HandlerRegistry,
    SlowConsumerMonitor,
    ConnectionSlots,
    ClientAddress,
    SocketRegistry,
    PendingSockets,
    GuildSnapshots,
    GroupDelivery,
    Dispatcher,
    EventHistory,
    SessionStarter,
    SessionGreeting,
    SessionExpiry,
    GatewaySecurity,
  ],
})
export class GatewayModule {}
