import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { snowflake } from '../common/schema';
import { parseSnowflake, type Snowflake } from '../common/snowflake';
import { ValidationFailed } from '../common/common.errors';
import { describeMutation } from '../cluster/mutation';
import { InFlightMutations } from '../cluster/in-flight-mutations';
import type { GuildAuthority, MemberRequirement, TrackAuthority } from './authority';
import { AuthorityResolver } from './authority-resolver';
import { type RequestContext, contextOf, sessionOf } from './request-context';
import { RequirementMetadata } from './requirement.decorator';

const id = snowflake();

/** Resolves what the caller may do here, checks it, and leaves it for `@Authority()`. Same for REST and gateway. */
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
    ]);
    // The boot refuses such handlers; should one get here all the same, it stays shut.
    if (!requirement) return false;
    if (requirement.kind === 'public') return true;
    const call = contextOf(context);
    const { user_id: userId } = sessionOf(call);
    const change = describeMutation(this.reflector, context, userId);
    // On its way while it is still found out whether it may happen.
    if (change) call.mutation = this.inFlightMutations.begin(change);
    if (requirement.kind === 'member') {
      const authority = await this.resolve(userId, call, requirement);
      authority.assertMeets(requirement);
      call.authority = authority;
    }
    if (call.mutation) await call.mutation.recorded;
    return true;
  }

  private resolve(
    userId: Snowflake,
    { params }: RequestContext,
    requirement: MemberRequirement,
  ): Promise<GuildAuthority | TrackAuthority> {
    return 'track_id' in params || requirement.trackType !== undefined
      ? this.resolver.resolveInTrack(userId, parseId('track_id', params['track_id']), requirement)
      : this.resolver.resolveInGuild(userId, parseId('guild_id', params['guild_id']), requirement);
  }
}

// Guards run before pipes, so the ids that they need are read here. The schema tells what is wrong with one.
function parseId(field: string, value: unknown): Snowflake {
  const parsed = parseSnowflake(value);
  if (parsed !== undefined) return parsed;
  throw new ValidationFailed([{ field, detail: id.safeParse(value).error?.issues[0]?.message ?? 'is not an id' }]);
}
