import type { GuildAuthority, TrackAuthority } from '../permissions/authority';
import type { GuildMutation } from './guild-writer.service';

/**
 * Ends a mutation before its first write, because the request asks for a dry run. `DryRunInterceptor` catches it and responds with the effect of
 * the plan; so neither handlers nor services have a branch for dry runs.
 */
export class DryRunRequested extends Error {
  /**
   * @param authority the caller
   * @param plan makes the plan for the current state, and throws if the mutation is not allowed
   */
  constructor(
    readonly authority: GuildAuthority | TrackAuthority,
    readonly plan: () => GuildMutation | Promise<GuildMutation>,
  ) {
    super('A dry run was requested.');
  }
}
