import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { Snowflake } from '../common/snowflake';
import { type DomainEvent, EventLog } from '../events/event-log';
import { type EventData, isNamed } from '../events/event-map';
import { MessagesService } from './messages.service';

/** The largest number of recently changed messages whose ids a node keeps. */
const MAX_CHANGED_IDS = 10_000;

/**
 * Republishes messages whose MESSAGE_CREATE follows another event of the same message.
 *
 * A message is visible to other requests as soon as it is stored. It can be deleted, edited or reacted to before its
 * MESSAGE_CREATE is published; without a repetition, clients would keep the message as it was sent. Each node detects
 * this from the order of the event log alone, so that sending a message costs no command. Nodes repeat the stored state
 * independently of each other, because the node of a request can be gone; a repeated event changes nothing.
 */
@Injectable()
export class MessageEventOrder implements OnModuleInit {
  private readonly logger = new Logger(MessageEventOrder.name);
  private readonly changedIds = new Set<Snowflake>();

  constructor(
    private readonly log: EventLog,
    private readonly messages: MessagesService,
  ) {}

  onModuleInit(): void {
    this.log.subscribe((event) => this.receive(event));
  }

  private receive(event: DomainEvent): void {
    if (isNamed(event, 'MESSAGE_CREATE')) this.republishIfChanged(event.data);
    else for (const id of changedMessageIds(event)) this.remember(id);
  }

  // The listener does not wait for the event: the event log delivers it after this one.
  private republishIfChanged({ id, guild_id: guildId, track_id: trackId }: EventData<'MESSAGE_CREATE'>): void {
    if (!this.changedIds.has(id)) return;
    this.messages.republish(guildId, trackId, id).catch((error: unknown) => this.logger.error(error));
  }

  private remember(id: Snowflake): void {
    this.changedIds.delete(id);
    this.changedIds.add(id);
    const [oldest] = this.changedIds;
    if (this.changedIds.size > MAX_CHANGED_IDS && oldest !== undefined) this.changedIds.delete(oldest);
  }
}

function changedMessageIds(event: DomainEvent): readonly Snowflake[] {
  if (isNamed(event, 'MESSAGE_UPDATE')) return [event.data.id];
  if (isNamed(event, 'MESSAGES_DELETE')) return event.data.message_ids;
  if (isNamed(event, 'MESSAGE_DELETE') || isNamed(event, 'REACTION_ADD') || isNamed(event, 'REACTION_REMOVE'))
    return [event.data.message_id];
  return [];
}
