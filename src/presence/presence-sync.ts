import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { ThrottledTask } from '../common/throttled-task';
import type { Snowflake } from '../common/snowflake';
import { type DomainEvent, EventLog } from '../events/event-log';
import { type EventData, isNamed } from '../events/event-map';
import { EventsService } from '../events/events.service';
import { NodeRegistry } from '../cluster/node-registry';
import type { PresenceStatus } from './presence.dto';
import { PresenceRegistry, type Statuses } from './presence.registry';

const FLUSH_INTERVAL_MS = 500;
const NO_STATUSES: Statuses = new Map();

type Announcement = EventData<'PRESENCE_ANNOUNCE'>;

/**
 * Announces the statuses of the users connected to this node, and applies the announcements of other nodes.
 *
 * Announcements go through the event log: in order, buffered while Redis is unreachable, and never lost unnoticed.
 * Changes are batched. Nothing is stored in Redis, so a crash leaves nothing there: the node that takes over announces
 * that the dead node has no users, and a starting node requests announcements from the others.
 */
@Injectable()
export class PresenceSync implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly flushTask: ThrottledTask;
  private changedUserIds = new Set<Snowflake>();
  private publishesAll = false;
  /** The node id under which this node has announced statuses. */
  private name: string;

  constructor(
    @Inject(PresenceRegistry) private readonly presence: PresenceRegistry,
    @Inject(NodeRegistry) private readonly nodeRegistry: NodeRegistry,
    private readonly log: EventLog,
    private readonly events: EventsService,
  ) {
    const logger = new Logger(PresenceSync.name);
    this.name = nodeRegistry.id;
    this.flushTask = new ThrottledTask(
      FLUSH_INTERVAL_MS,
      () => this.flush(),
      (error) => logger.error(String(error)),
    );
    nodeRegistry.onNodeDown(({ id }) => this.takeOver(id));
  }

  async onApplicationBootstrap(): Promise<void> {
    this.log.subscribe((event) => this.onEvent(event));
    this.presence.onOwnChange((userId) => {
      this.changedUserIds.add(userId);
      this.flushTask.schedule();
    });
    this.nodeRegistry.onReidentified(() => this.republishAll());
    await this.announce(this.name, this.presence.own, { isAll: true, asks: true });
  }

  onApplicationShutdown(): void {
    this.flushTask.stop();
  }

  private onEvent(event: DomainEvent): void {
    if (isNamed(event, 'EVENTS_LOST') && event.data.user_ids === null) return void this.startAfresh();
    if (!isNamed(event, 'PRESENCE_ANNOUNCE') || event.data.node_id === this.nodeRegistry.id) return;
    const { node_id: nodeId, is_all: isAll, asks } = event.data;
    if (isAll) this.presence.replaceRemote(nodeId, statusesIn(event.data));
    else this.presence.applyRemote(nodeId, statusesIn(event.data));
    if (asks) this.republishAll();
  }

  // Announcements of other nodes may be among the lost events.
  private startAfresh(): Promise<void> {
    this.republishAll();
    return this.announce(this.nodeRegistry.id, NO_STATUSES, { isAll: false, asks: true });
  }

  private republishAll(): void {
    this.publishesAll = true;
    this.flushTask.schedule();
  }

  private async flush(): Promise<void> {
    const { changedUserIds, publishesAll } = this;
    this.changedUserIds = new Set();
    this.publishesAll = false;
    await this.giveUpOldName();
    const statuses = publishesAll
      ? this.presence.own
      : new Map([...changedUserIds].map((id) => [id, this.presence.ownStatusOf(id)]));
    await this.announce(this.name, statuses, { isAll: publishesAll, asks: false });
  }

  // Announcements that waited under the old id are in the log by now; other nodes have to remove them.
  private async giveUpOldName(): Promise<void> {
    const { name } = this;
    if (name === this.nodeRegistry.id) return;
    this.name = this.nodeRegistry.id;
    await this.announce(name, NO_STATUSES, { isAll: true, asks: false });
  }

  // Users of the dead node get time to reconnect before other users see them offline.
  private async takeOver(nodeId: string): Promise<void> {
    await sleep(this.presence.graceMs, undefined, { ref: false });
    await this.announce(nodeId, NO_STATUSES, { isAll: true, asks: false });
  }

  private announce(
    nodeId: string,
    statuses: Statuses,
    { isAll, asks }: { isAll: boolean; asks: boolean },
  ): Promise<void> {
    const those = (requested: PresenceStatus): Snowflake[] =>
      [...statuses].filter(([, status]) => status === requested).map(([id]) => id);
    const data = {
      node_id: nodeId,
      is_all: isAll,
      asks,
      online: those('online'),
      idle: those('idle'),
      dnd: those('dnd'),
      offline: those('offline'),
    };
    return this.events.publish('PRESENCE_ANNOUNCE', { userIds: [] }, data);
  }
}

function statusesIn({ online, idle, dnd, offline }: Announcement): Statuses {
  const entries = Object.entries({ online, idle, dnd, offline }) as [PresenceStatus, Snowflake[]][];
  return new Map(entries.flatMap(([status, ids]) => ids.map((id) => [id, status] as const)));
}
