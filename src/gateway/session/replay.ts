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

/** Who has missed something: what they want to hear, and where they are now. */
export interface Reader {
  readonly userId: Snowflake;
  readonly intents: IntentSet;
  readonly seats: readonly MemberGuild[];
}

/** What somebody has missed, as far as it concerns them and they may see it now. */
export interface MissedEvents {
  /** The guilds that they are no longer in. */
  readonly leftIds: readonly Snowflake[];
  /** The guilds that they were not in before, or that may look different to them. */
  readonly changed: readonly MemberGuild[];
  readonly events: readonly Packet[];
}

/** What became of a guild for one user while they were away. */
interface GuildChanges {
  /** Whether they may see something else in it than before. */
  visibilityChanged: boolean;
  hasLeft: boolean;
  /** The last time that they joined it, among what happened. */
  joinedAt: number;
}

/** Finds out what somebody has missed who got as far as a place. */
export function collectMissed(
  { userId, intents, seats }: Reader,
  since: string,
  happened: readonly DomainEvent[],
): MissedEvents {
  const absences = guildChangesOf(userId, happened);
  const here = new Map(seats.map((seat) => [seat.member.guild_id, seat]));
  const memberViews = new Map<Snowflake, MemberView>();
  const viewOf = (seat: MemberGuild): MemberView => {
    const memberView = memberViews.get(seat.member.guild_id) ?? memberViewOf(seat);
    memberViews.set(seat.member.guild_id, memberView);
    return memberView;
  };
  let createdIds: ReadonlySet<Snowflake> | undefined;
  const created = (): ReadonlySet<Snowflake> =>
    (createdIds ??= new Set(happened.flatMap((event) => (isNamed(event, 'MESSAGE_CREATE') ? [event.data.id] : []))));
  const wants = (family: Intent | undefined): boolean => family === undefined || includesIntent(intents, family);

  // Who joined so recently that the log has not told it yet is new there too.
  const isChanged = ({ member }: MemberGuild): boolean =>
    absences.get(member.guild_id)?.visibilityChanged === true || createdAt(member._id).getTime() > timeOf(since);
  // A track of an earlier read state may be hidden by now.
  const mayKnow = (event: DomainEvent): boolean => {
    if (!isNamed(event, 'READ_STATE_UPDATE')) return true;
    const seat = here.get(event.data.guild_id);
    return seat !== undefined && viewOf(seat).canReadHistory(event.data.track_id);
  };
  const isOutdated = outdatedIn(happened);

  const tell = (event: DomainEvent, index: number): EventData<EventName> | undefined => {
    const { audience, data } = event;
    const { intent, internal, ephemeral } = definitionOf(event.name);
    if (internal || ephemeral || !wants(intent)) return undefined;
    if ('userIds' in audience) return audience.userIds.includes(userId) && mayKnow(event) ? data : undefined;
    const seat = here.get(audience.guildId);
    const absence = absences.get(audience.guildId);
    if (!seat || !absence || index < absence.joinedAt || isOutdated(event, index)) return undefined;
    // Perhaps they could not see the track when it was said; then it is history to them.
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
    leftIds: wants('guilds')
      ? [...absences].filter(([id, { hasLeft }]) => hasLeft && !here.has(id)).map(([id]) => id)
      : [],
    changed: wants('guilds') || wants('tracks') ? seats.filter(isChanged) : [],
    events: withRoleOrders(
      happened.flatMap((event, index) => {
        const data = tell(event, index);
        return data ? [{ name: event.name, data, seq: event.seq }] : [];
      }),
      seats,
    ),
  };
}

/** What was missed, in the order in which it is told: first which guilds there are, as of the place that the reader had; then what happened. */
export function* missedPackets({ leftIds, changed, events }: MissedEvents, since: string): Generator<Packet> {
  for (const id of leftIds) yield { name: 'GUILD_DELETE', data: { id }, seq: since };
  yield* guildCreatePackets(changed, since);
  yield* events;
}

/** Returns a function that tells whether an event creates a role that an earlier event has deleted. Clients would keep the role. */
function outdatedIn(happened: readonly DomainEvent[]): (event: DomainEvent, index: number) => boolean {
  const deletedAt = new Map(
    happened.flatMap((event, index) => (isNamed(event, 'ROLE_DELETE') ? [[event.data.role_id, index] as const] : [])),
  );
  return (event, index) => isNamed(event, 'ROLE_CREATE') && (deletedAt.get(event.data.id) ?? Infinity) < index;
}

const ORDER_EVENTS: ReadonlySet<string> = new Set(['ROLE_CREATE', 'ROLE_DELETE', 'ROLES_REORDER']);

/**
 * Adds ROLES_REORDER after the last of several events of a guild that change its role order, if a role was created. ROLE_CREATE states the position in
 * the newest order, at which only a client that knows all other roles can insert the role.
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
  const absences = new Map<Snowflake, GuildChanges>();
  happened.forEach((event, index) => {
    if ('userIds' in event.audience) return;
    const { guildId } = event.audience;
    const absence = absences.get(guildId) ?? { visibilityChanged: false, hasLeft: false, joinedAt: -1 };
    absences.set(guildId, absence);
    const isOwn = 'user_id' in event.data && event.data.user_id === userId;
    const hasJoined = isOwn && isNamed(event, 'MEMBER_JOIN');
    if (hasJoined) absence.joinedAt = index;
    if (isOwn && isNamed(event, 'MEMBER_LEAVE')) {
      absence.hasLeft = true;
      // A user who is a member again, and whose MEMBER_JOIN is not in the log yet, was not a member since.
      absence.joinedAt = Infinity;
    }
    if (hasJoined || (isOwn && isNamed(event, 'MEMBER_UPDATE')) || definitionOf(event.name).affectsVisibility)
      absence.visibilityChanged = true;
  });
  return absences;
}
