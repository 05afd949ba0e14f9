import { RoleDeleteEvent, RoleDto, RolesReorderEvent } from './role.dto';
import { defineEvents, type EventPayloads } from '../events/define-events';

declare module '../events/event-map' {
  interface EventMap extends EventPayloads<typeof ROLE_EVENTS> {}
}

/** Events of roles. */
export const ROLE_EVENTS = defineEvents({
  ROLE_CREATE: {
    intent: 'roles',
    summary: 'A role was created. Roles at its position or above move up by one.',
    data: RoleDto,
  },
  ROLE_UPDATE: { intent: 'roles', affectsVisibility: true, summary: 'A role is different.', data: RoleDto },
  ROLE_DELETE: {
    intent: 'roles',
    affectsVisibility: true,
    summary:
      'A role was deleted. Clients remove its id from the role_ids of members and its overwrites from all tracks, and the positions of higher roles decrease by one; no other event follows.',
    data: RoleDeleteEvent,
  },
  ROLES_REORDER: {
    intent: 'roles',
    affectsVisibility: true,
    summary: 'A guild’s roles have a new order. Sent once for each reorder, to every member of the guild.',
    data: RolesReorderEvent,
  },
});
