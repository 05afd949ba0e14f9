import { SelfDto } from './user.dto';
import { defineEvents, type EventPayloads } from '../events/define-events';

declare module '../events/event-map' {
  interface EventMap extends EventPayloads<typeof USER_EVENTS> {}
}

/** Events of users. */
export const USER_EVENTS = defineEvents({
  USER_UPDATE: { intent: 'user', summary: 'The user changed their own account.', data: SelfDto },
});
