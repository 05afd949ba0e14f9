import { Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { AccountRecovery } from '../accounts/account-recovery';
import { BansService } from '../bans/bans.service';
import { EventLog } from '../events/event-log';
import { isNamed } from '../events/event-map';
import { EventsService } from '../events/events.service';
import { type DeadNode, NodeRegistry } from '../cluster/node-registry';
import { InFlightMutations } from '../cluster/in-flight-mutations';
import { EventRepublisher } from './event-republisher';

/**
 * Completes what a crash interrupted, on this node or another one. Reads the objects that a dead node may have changed without an event, and
 * publishes their current state.
 */
@Injectable()
export class RecoveryService implements OnModuleInit, OnApplicationBootstrap {
  constructor(
    private readonly nodeRegistry: NodeRegistry,
    private readonly inFlightMutations: InFlightMutations,
    private readonly log: EventLog,
    private readonly events: EventsService,
    private readonly republisher: EventRepublisher,
    private readonly bans: BansService,
    private readonly accounts: AccountRecovery,
  ) {}

  onModuleInit(): void {
    this.nodeRegistry.onNodeDown((gone) => this.recover(gone));
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.bans.finishInterrupted();
    await this.accounts.finishInterrupted();
  }

  private async recover({ id, mayHaveUnpublishedEvents }: DeadNode): Promise<void> {
    if (mayHaveUnpublishedEvents) await this.events.publish('EVENTS_LOST', { userIds: [] }, { user_ids: null });
    await this.bans.finishInterrupted();
    await this.accounts.finishInterrupted();
    const changes = await this.inFlightMutations.listForNode(id);
    if (changes.length === 0) return;
    // After this, the events that the node published were received here.
    await this.log.drain();
    const received = new Set(
      this.log.buffered.flatMap((event) => (isNamed(event, 'MESSAGE_CREATE') ? [event.data.id] : [])),
    );
    await this.republisher.republish(changes, received);
    await this.inFlightMutations.clearNode(id);
  }
}
