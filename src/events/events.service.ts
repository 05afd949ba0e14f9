import { Injectable } from '@nestjs/common';
import { type Audience, EventLog } from './event-log';
import type { EventData, EventName } from './event-map';

/** Tells what happened. */
@Injectable()
export class EventsService {
  constructor(private readonly log: EventLog) {}

  /** Publishes an event. Called after the write that it tells of and before the response: then no later request sees the past. */
  publish<Name extends EventName>(name: Name, audience: Audience, data: EventData<Name>): Promise<void> {
    return this.log.append({ name, audience, data });
  }
}
