import type { PermissionSet } from './compute-permissions';

declare module '../events/event-log' {
  interface GuildAudience {
    /** Only members who hold these permissions, in the track if the audience names one. */
    readonly permission?: PermissionSet;
  }
}
