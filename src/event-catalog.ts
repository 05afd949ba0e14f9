import { SESSION_EVENTS } from './auth/session.events';
import { BAN_EVENTS } from './bans/ban.events';
import { LOG_EVENTS } from './events/log.events';
import { GUILD_EVENTS } from './guilds/guild.events';
import { INVITE_EVENTS } from './invites/invite.events';
import { MEMBER_EVENTS } from './members/member.events';
import { MESSAGE_EVENTS } from './messages/message.events';
import { PIN_EVENTS } from './pins/pin.events';
import { PRESENCE_EVENTS } from './presence/presence.events';
import { REACTION_EVENTS } from './reactions/reaction.events';
import { READ_STATE_EVENTS } from './read-states/read-state.events';
import { ROLE_EVENTS } from './roles/role.events';
import { TRACK_EVENTS } from './tracks/track.events';
import { USER_EVENTS } from './users/user.events';
import type { EventCatalog } from './events/event-map';

/** The events of all features. Does not compile if a feature that adds events to the `EventMap` is missing. */
export const EVENTS: EventCatalog = {
  ...SESSION_EVENTS,
  ...BAN_EVENTS,
  ...LOG_EVENTS,
  ...GUILD_EVENTS,
  ...INVITE_EVENTS,
  ...MEMBER_EVENTS,
  ...MESSAGE_EVENTS,
  ...PIN_EVENTS,
  ...PRESENCE_EVENTS,
  ...REACTION_EVENTS,
  ...READ_STATE_EVENTS,
  ...ROLE_EVENTS,
  ...TRACK_EVENTS,
  ...USER_EVENTS,
};
