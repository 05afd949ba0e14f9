import { Injectable } from '@nestjs/common';
import { Epochs } from './epochs';
import { type Audience, EventLog } from './event-log';
import { type EventData, type EventName, epochsEndedBy } from './event-map';

/** Tells what happened: first to whoever remembers something that is no longer true, then to the log. */
@Injectable()
export class EventsService {
  constructor(
    private readonly epochs: Epochs,
    private readonly log: EventLog,
  ) {}

  /** Publishes an event. Called after the write that it tells of and before the response: then no later request sees the past. */
  async publish<Name extends EventName>(name: Name, audience: Audience, data: EventData<Name>): Promise<void> {
    const ended = epochsEndedBy(name, data);
    if (ended.length > 0) await this.epochs.advance(ended);
    await this.log.append({ name, audience, data });
  }
}
