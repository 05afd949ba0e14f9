import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { AtMostEvery } from '../common/at-most-every';
import type { Snowflake } from '../common/snowflake';
import { type DomainEvent, EventLog } from '../events/event-log';
import { type EventData, isNamed } from '../events/event-map';
import { EventsService } from '../events/events.service';
import { Nodes } from '../nodes/nodes';
import type { PresenceStatus } from './presence.dto';
import { Presences, type Statuses } from './presences';

const TELL_EVERY_MS = 500;
const NOBODY: Statuses = new Map();

type Announcement = EventData<'PRESENCE_ANNOUNCE'>;

/**
 * Tells the other nodes who is seen because of this one, and hears the same of them.
 *
 * It goes through the log of events like everything else, so that it comes in order, waits while Redis is away and never goes missing unnoticed;
 * many changes are one announcement. Nothing is kept in Redis, so a crash leaves nothing there: whoever takes over from a node tells that nobody
 * is seen because of it any more, and a node that starts asks the others.
 */
@Injectable()
export class PresenceExchange implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly telling: AtMostEvery;
  private different = new Set<Snowflake>();
  private tellsAll = false;
  /** Under which name this node has announced anything. */
  private name: string;

  constructor(
    @Inject(Presences) private readonly presences: Presences,
    @Inject(Nodes) private readonly nodes: Nodes,
    private readonly log: EventLog,
    private readonly events: EventsService,
  ) {
    const logger = new Logger(PresenceExchange.name);
    this.name = nodes.id;
    this.telling = new AtMostEvery(TELL_EVERY_MS, () => this.tell(), (error) => logger.error(String(error)));
    nodes.onGone(({ id }) => this.takeOver(id));
  }

  async onApplicationBootstrap(): Promise<void> {
    this.log.subscribe((event) => this.hear(event));
    this.presences.onOwnChange((userId) => {
      this.different.add(userId);
      this.telling.ask();
    });
    this.nodes.onRenamed(() => this.tellEverybody());
    await this.announce(this.name, this.presences.own, { isAll: true, asks: true });
  }

  onApplicationShutdown(): void {
    this.telling.stop();
  }

  private hear(event: DomainEvent): void {
    if (isNamed(event, 'EVENTS_LOST') && event.data.user_ids === null) return void this.startAfresh();
    if (!isNamed(event, 'PRESENCE_ANNOUNCE') || event.data.node_id === this.nodes.id) return;
    const { node_id: nodeId, is_all: isAll, asks } = event.data;
    if (isAll) this.presences.hearAll(nodeId, statusesIn(event.data));
    else this.presences.hear(nodeId, statusesIn(event.data));
    if (asks) this.tellEverybody();
  }

  // What the others told meanwhile may be among what was lost.
  private startAfresh(): Promise<void> {
    this.tellEverybody();
    return this.announce(this.nodes.id, NOBODY, { isAll: false, asks: true });
  }

  private tellEverybody(): void {
    this.tellsAll = true;
    this.telling.ask();
  }

  private async tell(): Promise<void> {
    const { different, tellsAll } = this;
    this.different = new Set();
    this.tellsAll = false;
    await this.giveUpOldName();
    const statuses = tellsAll ? this.presences.own : new Map([...different].map((id) => [id, this.presences.ownStatusOf(id)]));
    await this.announce(this.name, statuses, { isAll: tellsAll, asks: false });
  }

  // What waited to be announced under a name that the others took for gone has been announced by now, behind their backs.
  private async giveUpOldName(): Promise<void> {
    const { name } = this;
    if (name === this.nodes.id) return;
    this.name = this.nodes.id;
    await this.announce(name, NOBODY, { isAll: true, asks: false });
  }

  // Its users get the time to come back somewhere else before anybody sees that they were away.
  private async takeOver(nodeId: string): Promise<void> {
    await sleep(this.presences.graceMs, undefined, { ref: false });
    await this.announce(nodeId, NOBODY, { isAll: true, asks: false });
  }

  private announce(nodeId: string, statuses: Statuses, { isAll, asks }: { isAll: boolean; asks: boolean }): Promise<void> {
    const those = (wanted: PresenceStatus): Snowflake[] => [...statuses].filter(([, status]) => status === wanted).map(([id]) => id);
    const data = { node_id: nodeId, is_all: isAll, asks, online: those('online'), idle: those('idle'), dnd: those('dnd'), offline: those('offline') };
    return this.events.publish('PRESENCE_ANNOUNCE', { userIds: [] }, data);
  }
}

function statusesIn({ online, idle, dnd, offline }: Announcement): Statuses {
  const entries = Object.entries({ online, idle, dnd, offline }) as [PresenceStatus, Snowflake[]][];
  return new Map(entries.flatMap(([status, ids]) => ids.map((id) => [id, status] as const)));
}
