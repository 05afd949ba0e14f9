import { Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { AccountRecovery } from '../accounts/account-recovery';
import { BansService } from '../bans/bans.service';
import { EventLog } from '../events/event-log';
import { isNamed } from '../events/event-map';
import { EventsService } from '../events/events.service';
import { type GoneNode, Nodes } from '../nodes/nodes';
import { Underway } from '../nodes/underway';
import { Retellings } from './retellings';

/**
 * Finishes what a crash interrupted, this node's own and those of others. What a node that is gone has written and not told is read again, and told
 * as it now is.
 */
@Injectable()
export class RepairService implements OnModuleInit, OnApplicationBootstrap {
  constructor(
    private readonly nodes: Nodes,
    private readonly underway: Underway,
    private readonly log: EventLog,
    private readonly events: EventsService,
    private readonly retellings: Retellings,
    private readonly bans: BansService,
    private readonly accounts: AccountRecovery,
  ) {}

  onModuleInit(): void {
    this.nodes.onGone((gone) => this.repair(gone));
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.bans.finishInterrupted();
    await this.accounts.finishInterrupted();
  }

  private async repair({ id, wentUnheard }: GoneNode): Promise<void> {
    if (wentUnheard) await this.events.publish('EVENTS_LOST', { userIds: [] }, { user_ids: null });
    await this.bans.finishInterrupted();
    await this.accounts.finishInterrupted();
    const changes = await this.underway.leftBy(id);
    if (changes.length === 0) return;
    // Whatever it has told was heard here by then.
    await this.log.drain();
    const heard = new Set(this.log.past.flatMap((event) => (isNamed(event, 'MESSAGE_CREATE') ? [event.data.id] : [])));
    await this.retellings.retell(changes, heard);
    await this.underway.forget(id);
  }
}
