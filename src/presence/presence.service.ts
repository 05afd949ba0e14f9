import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Snowflake } from '../common/snowflake';
import { type DomainEvent, EventLog } from '../events/event-log';
import { isNamed } from '../events/event-map';
import { EventsService } from '../events/events.service';
import { publishUntilStable } from '../events/publish-until-stable';
import { UsersService } from '../users/users.service';
import type { PresenceChoice, PresenceDto } from './presence.dto';
import { PresenceRegistry } from './presence.registry';

/** Stores and publishes the statuses that users choose. */
@Injectable()
export class PresenceService implements OnModuleInit {
  constructor(
    private readonly users: UsersService,
    private readonly presence: PresenceRegistry,
    private readonly log: EventLog,
    private readonly events: EventsService,
  ) {}

  onModuleInit(): void {
    this.log.subscribe((event) => this.hear(event));
  }

  /** Sets the status of a user, for all sockets and future connections. @throws TokenInvalid if the account was closed meanwhile */
  async choose(userId: Snowflake, status: PresenceChoice): Promise<PresenceDto> {
    if (!(await this.users.choosePresence(userId, status))) {
      this.presence.choose(userId, status);
      return { user_id: userId, status };
    }
    await publishUntilStable<PresenceChoice | undefined>(status, {
      read: () => this.users.readPresence(userId),
      publish: (stored) => this.publish(userId, stored),
    });
    return { user_id: userId, status };
  }

  private async publish(userId: Snowflake, status: PresenceChoice | undefined): Promise<void> {
    if (status === undefined) return;
    // Applied on this node at once, even if the event log cannot be reached; on other nodes with the event.
    this.presence.choose(userId, status);
    await this.events.publish(
      'PRESENCE_UPDATE',
      { userIds: [userId] },
      { guild_id: null, presences: [{ user_id: userId, status }] },
    );
  }

  private hear(event: DomainEvent): void {
    if (!isNamed(event, 'PRESENCE_UPDATE')) return;
    for (const { user_id, status } of event.data.presences)
      if (status !== 'offline') this.presence.choose(user_id, status);
  }
}
