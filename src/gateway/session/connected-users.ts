import { Injectable } from '@nestjs/common';
import { PresenceRegistry } from '../../presence/presence.registry';
import { type AccountUser, UsersService } from '../../users/users.service';
import type { ClientSocket } from '../transport/client-socket';
import type { SocketObserver } from '../transport/socket-observer';

/** The users of the sockets of this node, who are present while they have a socket. */
@Injectable()
export class ConnectedUsers implements SocketObserver {
  constructor(
    private readonly users: UsersService,
    private readonly presence: PresenceRegistry,
  ) {}

  onConnect({ data: { session } }: ClientSocket): void {
    this.presence.connect(session.user_id);
  }

  onDisconnect({ data: { session } }: ClientSocket): void {
    this.presence.disconnect(session.user_id);
  }

  /** Loads the user of a socket, who becomes visible with the stored presence. @throws TokenInvalid if the account was closed meanwhile */
  async load({ data: { session } }: ClientSocket): Promise<AccountUser> {
    const user = await this.users.getOwn(session.user_id);
    this.presence.setInitial(user._id, user.presence);
    return user;
  }
}
