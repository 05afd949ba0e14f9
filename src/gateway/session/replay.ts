import { createdAt, type Snowflake } from '../../common/snowflake';
import type { DomainEvent } from '../../events/event-log';
import { definitionOf, type EventData, type EventName, isNamed } from '../../events/event-map';
import { type Intent, type IntentSet, includesIntent } from '../../events/intents';
import { timeOf } from '../../events/seq';
import { withCurrentPayload } from './refresh-payload';
import type { Packet } from '../transport/client-socket';
import { guildCreatePackets } from './guild-create-packets';
import type { MemberGuild } from '../dispatch/guild-snapshots.service';
import { knownPart, namesEarlierMessages } from '../dispatch/known-messages';
import type { MemberView } from '../dispatch/member-view';
import { memberViewOf } from '../dispatch/shared-views';

/** A user who resumes: their intents and current guilds. */
export interface Reader {
  readonly userId: Snowflake;
  readonly intents: IntentSet;
  readonly seats: readonly MemberGuild[];
}

/** The missed events that concern a user and that they may see now. */
export interface MissedEvents {
  /** Ids of the guilds that the user has left. */
  readonly leftIds: readonly Snowflake[];
  /** Guilds that the user has joined, or whose visible content may have changed. */
  readonly changed: readonly MemberGuild[];
  readonly events: readonly Packet[];
}

/** Changes of a guild for one user since a seq. */
interface GuildChanges {
  /** Whether the visible content may have changed. */
  visibilityChanged: boolean;
  hasLeft: boolean;
  /** Index of the last event with which the user joined; -1 if there is none, Infinity if the event is missing. */
  joinedAt: number;
}

/** Collects the events that a user has missed since a seq. */
export function collectMissed(
  { userId, intents, seats }: Reader,
  since: string,
  happened: readonly DomainEvent[],
): MissedEvents {
  const changesByGuild = guildChangesOf(userId, happened);
  const memberGuilds = new Map(seats.map((seat) => [seat.member.guild_id, seat]));
  const memberViews = new Map<Snowflake, MemberView>();
  const viewOf = (seat: MemberGuild): MemberView => {
    const memberView = memberViews.get(seat.member.guild_id) ?? memberViewOf(seat);
    memberViews.set(seat.member.guild_id, memberView);
    return memberView;
  };
  let createdIds: ReadonlySet<Snowflake> | undefined;
  const created = (): ReadonlySet<Snowflake> =>
    (createdIds ??= new Set(happened.flatMap((event) => (isNamed(event, 'MESSAGE_CREATE') ? [event.data.id] : []))));
  const hasIntent = (intent: Intent | undefined): boolean => intent === undefined || includesIntent(intents, intent);

  // A membership may have begun so recently that the log does not contain its MEMBER_JOIN yet.
  const isChanged = ({ member }: MemberGuild): boolean =>
    changesByGuild.get(member.guild_id)?.visibilityChanged === true || createdAt(member._id).getTime() > timeOf(since);
  // The track of an earlier read state may be hidden now.
  const maySeeReadState = (event: DomainEvent): boolean => {
    if (!isNamed(event, 'READ_STATE_UPDATE')) return true;
    const seat = memberGuilds.get(event.data.guild_id);
    return seat !== undefined && viewOf(seat).canReadHistory(event.data.track_id);
  };
  const isOutdated = outdatedIn(happened);

  const payloadFor = (event: DomainEvent, index: number): EventData<EventName> | undefined => {
    const { audience, data } = event;
    const { intent, internal, ephemeral } = definitionOf(event.name);
    if (internal || ephemeral || !hasIntent(intent)) return undefined;
    if ('userIds' in audience) return audience.userIds.includes(userId) && maySeeReadState(event) ? data : undefined;
    const seat = memberGuilds.get(audience.guildId);
    const guildChanges = changesByGuild.get(audience.guildId);
    if (!seat || !guildChanges || index < guildChanges.joinedAt || isOutdated(event, index)) return undefined;
    // The user may not have been able to view the track at that time; then the event is history.
    const isHistory = isChanged(seat) && intent !== 'tracks' && audience.trackId !== undefined;
    if (isHistory && !viewOf(seat).canReadHistory(audience.trackId)) return undefined;
    const seen = viewOf(seat).project(withCurrentPayload(event, seat.view));
    if (
      !seen ||
      audience.trackId === undefined ||
      !namesEarlierMessages(event) ||
      viewOf(seat).canReadHistory(audience.trackId)
    )
      return seen;
    return knownPart(event, (id, authorId) => authorId === userId || created().has(id));
  };

  return {
    leftIds: hasIntent('guilds')
      ? [...changesByGuild].filter(([id, { hasLeft }]) => hasLeft && !memberGuilds.has(id)).map(([id]) => id)
      : [],
    changed: hasIntent('guilds') || hasIntent('tracks') ? seats.filter(isChanged) : [],
    events: withRoleOrders(
      happened.flatMap((event, index) => {
        const data = payloadFor(event, index);
        return data ? [{ name: event.name, data, seq: event.seq }] : [];
      }),
      seats,
    ),
  };
}

/**
 * Yields the missed packets in the order of sending: first the changes of the guilds, with the seq of the reader, then
 * the events.
 */
export function* missedPackets({ leftIds, changed, events }: MissedEvents, since: string): Generator<Packet> {
  for (const id of leftIds) yield { name: 'GUILD_DELETE', data: { id }, seq: since };
  yield* guildCreatePackets(changed, since);
  yield* events;
}

/**
 * Returns a function that returns whether an event creates a role that an earlier event has deleted. Clients would keep
 * the role.
 */
function outdatedIn(happened: readonly DomainEvent[]): (event: DomainEvent, index: number) => boolean {
  const deletedAt = new Map(
    happened.flatMap((event, index) => (isNamed(event, 'ROLE_DELETE') ? [[event.data.role_id, index] as const] : [])),
  );
  return (event, index) => isNamed(event, 'ROLE_CREATE') && (deletedAt.get(event.data.id) ?? Infinity) < index;
}

const ORDER_EVENTS: ReadonlySet<string> = new Set(['ROLE_CREATE', 'ROLE_DELETE', 'ROLES_REORDER']);

/**
 * Adds ROLES_REORDER after the last of several events of a guild that change its role order, if a role was created.
 * ROLE_CREATE has the position in the newest order, which only a client that has all other roles can apply.
 */
function withRoleOrders(packets: readonly Packet[], seats: readonly MemberGuild[]): readonly Packet[] {
  const orders = new Map<number, Packet>();
  for (const {
    member: { guild_id },
    view,
  } of seats) {
    const changes = [...packets.entries()].filter(
      ([, { name, data }]) => ORDER_EVENTS.has(name) && (data as { guild_id?: Snowflake }).guild_id === guild_id,
    );
    const last = changes.at(-1);
    if (!last || changes.length < 2) continue;
    const [index, { name, seq }] = last;
    if (name !== 'ROLES_REORDER' && changes.some(([, change]) => change.name === 'ROLE_CREATE'))
      orders.set(index, { name: 'ROLES_REORDER', data: { guild_id, role_ids: [...view.state.guild.role_ids] }, seq });
  }
  return packets.flatMap((packet, index) => {
    const order = orders.get(index);
    return order ? [packet, order] : [packet];
  });
}

function guildChangesOf(userId: Snowflake, happened: readonly DomainEvent[]): ReadonlyMap<Snowflake, GuildChanges> {
  const changesByGuild = new Map<Snowflake, GuildChanges>();
  happened.forEach((event, index) => {
    if ('userIds' in event.audience) return;
    const { guildId } = event.audience;
    const guildChanges = changesByGuild.get(guildId) ?? { visibilityChanged: false, hasLeft: false, joinedAt: -1 };
    changesByGuild.set(guildId, guildChanges);
    const isOwn = 'user_id' in event.data && event.data.user_id === userId;
    const hasJoined = isOwn && isNamed(event, 'MEMBER_JOIN');
    if (hasJoined) guildChanges.joinedAt = index;
    if (isOwn && isNamed(event, 'MEMBER_LEAVE')) {
      guildChanges.hasLeft = true;
      // A current member whose MEMBER_JOIN is not in the log yet has not been a member since.
      guildChanges.joinedAt = Infinity;
    }
    if (hasJoined || (isOwn && isNamed(event, 'MEMBER_UPDATE')) || definitionOf(event.name).affectsVisibility)
      guildChanges.visibilityChanged = true;
  });
  return changesByGuild;
}
