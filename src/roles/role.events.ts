import { z } from 'zod';
import { object, snowflake } from '../common/schema';
import { defineEvents, type EventPayloads } from '../events/define-events';
import { roleDto } from './role.dto';

declare module '../events/event-map' {
  interface EventMap extends EventPayloads<typeof ROLE_EVENTS> {}
}

/** Events of roles. */
export const ROLE_EVENTS = defineEvents({
  ROLE_CREATE: {
    intent: 'roles',
    summary: 'A role was created. Roles at its position or above move up by one.',
    data: roleDto,
  },
  ROLE_UPDATE: { intent: 'roles', affectsVisibility: true, summary: 'A role is different.', data: roleDto },
  ROLE_DELETE: {
    intent: 'roles',
    affectsVisibility: true,
    summary:
      'A role was deleted. Clients remove its id from the role_ids of members and its overwrites from all tracks, and the positions of higher roles decrease by one; no other event follows.',
    data: object({ guild_id: snowflake(), role_id: snowflake() }),
  },
  ROLES_REORDER: {
    intent: 'roles',
    affectsVisibility: true,
    summary: 'A guild’s roles have a new order. Sent once for each reorder, to every member of the guild.',
    data: object({
      guild_id: snowflake(),
      role_ids: z.array(snowflake()).meta({ description: 'Every role, lowest first; the first is @everyone.' }),
    }),
  },
});
