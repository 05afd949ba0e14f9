import { Injectable } from '@nestjs/common';
import { type Audience, EventLog } from './event-log';
import type { EventData, EventName } from './event-map';

/** Publishes events. */
@Injectable()
export class EventsService {
  constructor(private readonly log: EventLog) {}

  /** Publishes an event. Call it after the write and before the response, so that no later request gets older data. */
  publish<Name extends EventName>(name: Name, audience: Audience, data: EventData<Name>): Promise<void> {
    return this.log.append({ name, audience, data });
  }
}
