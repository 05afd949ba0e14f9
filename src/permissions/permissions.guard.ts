import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { SNOWFLAKE } from '../common/dto/fields';
import { parseValue } from '../common/dto/parse-value';
import type { Snowflake } from '../common/snowflake';
import { describeMutation } from '../cluster/mutation';
import { InFlightMutations } from '../cluster/in-flight-mutations';
import type { GuildAuthority, MemberRequirement, TrackAuthority } from './authority';
import { AuthorityResolver } from './authority-resolver';
import { sessionOf } from './request-context';
import { type Requirement, RequirementMetadata } from './requirement.decorator';
import { type RequestContext, contextOf } from '../common/request-context';

/**
 * Resolves the caller's permissions, checks the requirement of the handler, and provides the result to `@Authority()`.
 * Serves REST and gateway.
 */
@Injectable()
export class PermissionsGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly resolver: AuthorityResolver,
    private readonly inFlightMutations: InFlightMutations,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const requirement = this.reflector.getAllAndOverride(RequirementMetadata, [
      context.getHandler(),
      context.getClass(),
    ]) as Requirement | undefined;
    // The boot check rejects such handlers; the guard denies them as well.
    if (!requirement) return false;
    if (requirement.kind === 'public') return true;
    const call = contextOf(context);
    const { user_id: userId } = sessionOf(call);
    const change = describeMutation(this.reflector, context, userId);
    // Records the mutation while the permissions are resolved, in parallel.
    if (change) call.mutation = this.inFlightMutations.begin(change);
    if (requirement.kind === 'member') {
      const authority = await this.resolve(userId, call, requirement);
      authority.assertMeets(requirement);
      call.authority = authority;
    }
    if (call.mutation) await call.mutation.recorded;
    return true;
  }

  // Guards run before pipes, so the ids that they need are parsed here.
  private resolve(
    userId: Snowflake,
    { params }: RequestContext,
    requirement: MemberRequirement,
  ): Promise<GuildAuthority | TrackAuthority> {
    return 'track_id' in params || requirement.trackType !== undefined
      ? this.resolver.resolveInTrack(userId, parseValue(SNOWFLAKE, params['track_id'], 'track_id'), requirement)
      : this.resolver.resolveInGuild(userId, parseValue(SNOWFLAKE, params['guild_id'], 'guild_id'), requirement);
  }
}
