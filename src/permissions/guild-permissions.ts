import type { Snowflake } from '../common/snowflake';
import {
  computeGuildPermissions,
  computeTrackPermissions,
  type PermissionSet,
  type RoleSubject,
  type Subject,
  type SubjectOverwrite,
  type TrackRules,
} from './compute-permissions';
import { type GuildState, type GuildTracks, memberRoles, trackRules } from './guild-state';
import type { TrackRecord } from './permission-records';

const NO_OVERWRITES: readonly SubjectOverwrite[] = [];

/** The permissions of a subject in one guild and in its tracks, under one state of the guild. */
export abstract class GuildPermissions<Who extends Subject | RoleSubject = Subject | RoleSubject> {
  /** The subject's permissions in the guild. */
  readonly permissions: PermissionSet;
  // Most tracks have no overwrites of their own, so the permissions in one of them apply in all tracks of its category.
  private readonly cachedByRules = new Map<readonly SubjectOverwrite[], PermissionSet>();

  protected constructor(
    readonly state: GuildState,
    readonly subject: Who,
  ) {
    this.permissions = computeGuildPermissions(subject);
  }

  /** Returns the subject's permissions in a track. */
  permissionsIn(track: TrackRecord, tracks: GuildTracks): PermissionSet {
    return this.permissionsUnder(trackRules(this.state.guild, tracks, track));
  }

  /** Returns the subject's permissions in any track with these rules. */
  permissionsUnder(rules: TrackRules): PermissionSet {
    if (rules.overwrites.length > 0) return computeTrackPermissions(this.subject, rules);
    const inherited = rules.inherits ? rules.categoryOverwrites : NO_OVERWRITES;
    const key = inherited.length > 0 ? inherited : NO_OVERWRITES;
    const permissions = this.cachedByRules.get(key) ?? computeTrackPermissions(this.subject, rules);
    this.cachedByRules.set(key, permissions);
    return permissions;
  }
}

/**
 * The permissions that all members with the same roles share. It holds role ids and no user id: neither ownership, nor a timeout, nor an overwrite for
 * a member can enter it.
 */
export class RoleSetPermissions extends GuildPermissions<RoleSubject> {
  constructor(state: GuildState, roleIds: readonly Snowflake[]) {
    super(state, { roles: memberRoles(state, roleIds).map(({ _id, allow, deny }) => ({ id: _id, allow, deny })) });
  }
}
