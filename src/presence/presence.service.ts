import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Snowflake } from '../common/snowflake';
import { type DomainEvent, EventLog } from '../events/event-log';
import { isNamed } from '../events/event-map';
import { EventsService } from '../events/events.service';
import { UsersService } from '../users/users.service';
import type { PresenceChoice, PresenceDto } from './presence.dto';
import { Presences } from './presences';

/** What people want to look like. */
@Injectable()
export class PresenceService implements OnModuleInit {
  constructor(
    private readonly users: UsersService,
    private readonly presences: Presences,
    private readonly log: EventLog,
    private readonly events: EventsService,
  ) {}

  onModuleInit(): void {
    this.log.subscribe((event) => this.hear(event));
  }

  /** Chooses what one looks like from now on, on all of one's sockets and whenever one comes back. @throws UserNotFound */
  async choose(userId: Snowflake, status: PresenceChoice): Promise<PresenceDto> {
    await this.users.choosePresence(userId, status);
    const presence = { user_id: userId, status };
    // Here at once, even if the log can't be reached; on the other nodes when they hear of it.
    this.presences.choose(userId, status);
    await this.events.publish('PRESENCE_UPDATE', { userIds: [userId] }, { guild_id: null, presences: [presence] });
    return presence;
  }

  private hear(event: DomainEvent): void {
    if (!isNamed(event, 'PRESENCE_UPDATE')) return;
    for (const { user_id, status } of event.data.presences) if (status !== 'offline') this.presences.choose(user_id, status);
  }
}
