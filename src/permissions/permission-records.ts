import type { LayoutEntry } from '../common/layout-entry';
import type { Snowflake } from '../common/snowflake';
import type { Overwrite, SubjectOverwrite } from './compute-permissions';

/*
 * Stored documents that decide permissions, with the fields that decide them. The feature that owns a document adds its other fields by declaration
 * merging, and provides the documents through a source.
 */

/** A guild: its owner and the order of its roles and tracks. */
export interface GuildRecord {
  readonly _id: Snowflake;
  readonly owner_id: Snowflake;
  readonly role_ids: readonly Snowflake[];
  readonly track_layout: readonly LayoutEntry[];
  readonly version: number;
}

/** A user's membership in a guild. */
export interface MemberRecord {
  readonly guild_id: Snowflake;
  readonly user_id: Snowflake;
  readonly role_ids: readonly Snowflake[];
  readonly timed_out_until: Date | null;
}

/** A role of a guild. */
export interface RoleRecord extends Overwrite {
  readonly _id: Snowflake;
  readonly guild_id: Snowflake;
}

/** A track of a guild. */
export interface TrackRecord {
  readonly _id: Snowflake;
  readonly guild_id: Snowflake;
  readonly type: 'text' | 'category';
  readonly overwrites: readonly SubjectOverwrite[];
}

/** Loads guilds. */
export abstract class GuildSource {
  /** Returns the guilds that exist, in any order. */
  abstract list(ids: readonly Snowflake[]): Promise<GuildRecord[]>;
}

/** Loads members. */
export abstract class MemberSource {
  /** Returns a member, or null if the user is not a member. */
  abstract find(guildId: Snowflake, userId: Snowflake): Promise<MemberRecord | null>;
}

/** Loads roles. */
export abstract class RoleSource {
  /** Returns the role documents of guilds, in any order. */
  abstract list(guildIds: readonly Snowflake[]): Promise<RoleRecord[]>;
}

/** Loads tracks. */
export abstract class TrackSource {
  /** Returns the guild id of a track; undefined if the track does not exist. */
  abstract findGuildId(trackId: Snowflake): Promise<Snowflake | undefined>;

  /** Returns the track documents of guilds, in any order. */
  abstract list(guildIds: readonly Snowflake[]): Promise<TrackRecord[]>;

  /** Sends one query that finds nothing. */
  abstract runDecoyQuery(): Promise<void>;
}
