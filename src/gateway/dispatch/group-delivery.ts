import { Injectable } from '@nestjs/common';
import type { Snowflake } from '../../common/snowflake';
import type { DomainEvent } from '../../events/event-log';
import type { EventData, EventName } from '../../events/event-map';
import { seqBefore } from '../../events/seq';
import { withCurrentPayload } from '../session/refresh-payload';
import { SocketRegistry } from './socket-registry.service';
import type { ClientSocket } from '../transport/client-socket';
import type { GuildSockets } from './guild-sockets';
import { knownPart, namesEarlierMessages } from './known-messages';
import type { VisibilityGroup } from './visibility-group';

/** Sends the events of a guild to its visibility groups: each group receives what its members may see, and each payload is encoded once. */
@Injectable()
export class GroupDelivery {
  constructor(private readonly sockets: SocketRegistry) {}

  /** Sends an event to the sockets of a guild, with the current state of what the event changes. */
  send(happened: DomainEvent, guildId: Snowflake): void {
    const room = this.sockets.guildSockets(guildId);
    if (!room || room.unsentRoles.isOutdated(happened)) return;
    const mustOrderFollow = room.unsentRoles.settle(happened, room.view.state.guild.role_ids);
    this.toGroups(
      withCurrentPayload(mustOrderFollow ? { ...happened, seq: seqBefore(happened.seq) } : happened, room.view),
      room,
    );
    if (!mustOrderFollow) return;
    const order = { guild_id: guildId, role_ids: [...room.view.state.guild.role_ids] };
    this.sockets.sendToGroups([...room.groups], 'ROLES_REORDER', order, happened.seq);
  }

  private toGroups(event: DomainEvent, room: GuildSockets): void {
    // Most events are the same for all recipients.
    const sent = new Map<EventData<EventName>, VisibilityGroup[]>();
    const withoutHistory = new Set<VisibilityGroup>();
    const { trackId } = 'userIds' in event.audience ? {} : event.audience;
    const namesEarlier = trackId !== undefined && namesEarlierMessages(event);
    for (const group of room.groups) {
      const data = group.view.project(event);
      if (data && namesEarlier && !group.view.canReadHistory(trackId)) {
        withoutHistory.add(group);
        continue;
      }
      const alike = data && sent.get(data);
      if (alike) alike.push(group);
      else if (data) sent.set(data, [group]);
    }
    for (const [data, groups] of sent) this.sockets.sendToGroups(groups, event.name, data, event.seq);
    if (withoutHistory.size > 0 && trackId !== undefined) this.sendKnownParts(event, room, withoutHistory, trackId);
  }

  // Without VIEW_MESSAGE_HISTORY, what a user knows depends on when each socket connected. Sockets that know the same share one packet.
  private sendKnownParts(
    event: DomainEvent,
    room: GuildSockets,
    groups: ReadonlySet<VisibilityGroup>,
    trackId: Snowflake,
  ): void {
    const parts = new Map<string, { readonly data: EventData<EventName>; readonly sockets: ClientSocket[] }>();
    for (const [socket, userId] of room.socketsIn(groups)) {
      let answers = '';
      const data = knownPart(event, (id, authorId) => {
        const isKnown = authorId === userId || room.hasSeen(socket, trackId, id);
        answers += isKnown ? '1' : '0';
        return isKnown;
      });
      const part = parts.get(answers);
      if (part) part.sockets.push(socket);
      else if (data) parts.set(answers, { data, sockets: [socket] });
    }
    for (const { data, sockets } of parts.values()) this.sockets.send(sockets, event.name, data, event.seq);
  }
}
