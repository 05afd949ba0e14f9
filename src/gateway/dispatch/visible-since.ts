import type { Snowflake } from '../../common/snowflake';

/** A moment, as the number of guild states and the newest message id. Ids of messages are compared with ids, because ids can be ahead of the clock. */
export interface Moment {
  /** Grows with each new state of the guild. */
  readonly order: number;
  /** Not below the id of any message before this moment. */
  readonly newestId: Snowflake;
}

/** The moment from which each visible track has been visible to a group without interruption. */
export type VisibleSince = ReadonlyMap<Snowflake, Moment>;

/** When a socket entered its group, and what it had seen before. */
export interface Entrance {
  readonly entered: Moment;
  /** The ids above which the socket had seen the messages of tracks in the group that it left; undefined if it was in no group. */
  readonly carried: ReadonlyMap<Snowflake, Snowflake> | undefined;
}

/** Returns the moments for the tracks that are visible now. The same map if no track appeared or disappeared. */
export function visibleSince(trackIds: ReadonlySet<Snowflake>, before: VisibleSince, now: Moment): VisibleSince {
  if (before.size === trackIds.size && [...trackIds].every((id) => before.has(id))) return before;
  return new Map([...trackIds].map((id) => [id, before.get(id) ?? now]));
}

/** Returns the id above which a socket has seen the messages of a track; undefined if the track is not visible to its group. */
export function seenSince(
  trackId: Snowflake,
  group: VisibleSince,
  { entered, carried }: Entrance,
): Snowflake | undefined {
  const appeared = group.get(trackId);
  if (!appeared) return undefined;
  // The track appeared after the socket entered: what the socket saw before was interrupted.
  if (appeared.order > entered.order) return appeared.newestId;
  return carried?.get(trackId) ?? entered.newestId;
}

/** Returns the id above which a socket has seen the messages of each track that is visible to its group. */
export const allSeenSince = (group: VisibleSince, entrance: Entrance): ReadonlyMap<Snowflake, Snowflake> =>
  new Map(
    [...group.keys()].flatMap((id) => {
      const since = seenSince(id, group, entrance);
      return since !== undefined ? [[id, since] as const] : [];
    }),
  );
