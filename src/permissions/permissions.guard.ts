import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { snowflake } from '../common/schema';
import { parseSnowflake, type Snowflake } from '../common/snowflake';
import { ValidationFailed } from '../common/common.errors';
import { changeOf } from '../nodes/change';
import { Underway } from '../nodes/underway';
import type { GuildAuthority, MemberRequirement, TrackAuthority } from './authority';
import { AuthorityResolver } from './authority-resolver';
import { type Call, callOf, sessionOf } from './call';
import { Requires } from './requirement';

const id = snowflake();

/** Resolves what the caller may do here, checks it, and leaves it for `@Authority()`. Same for REST and gateway. */
@Injectable()
export class PermissionsGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly resolver: AuthorityResolver,
    private readonly underway: Underway,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const requirement = this.reflector.getAllAndOverride(Requires, [context.getHandler(), context.getClass()]);
    // The boot refuses such handlers; should one get here all the same, it stays shut.
    if (!requirement) return false;
    if (requirement.kind === 'public') return true;
    const call = callOf(context);
    const { user_id: userId } = sessionOf(call);
    const change = changeOf(this.reflector, context, userId);
    // On its way while it is still found out whether it may happen.
    if (change) call.change = this.underway.begin(change);
    if (requirement.kind === 'member') {
      const authority = await this.resolve(userId, call, requirement);
      authority.assertMeets(requirement);
      call.authority = authority;
    }
    if (call.change) await call.change.noted;
    return true;
  }

  private resolve(userId: Snowflake, { place }: Call, requirement: MemberRequirement): Promise<GuildAuthority | TrackAuthority> {
    return 'track_id' in place
      ? this.resolver.inTrack(userId, parseId('track_id', place['track_id']), requirement)
      : this.resolver.inGuild(userId, parseId('guild_id', place['guild_id']), requirement);
  }
}

// Guards run before pipes, so the ids that they need are read here. The schema tells what is wrong with one.
function parseId(field: string, value: unknown): Snowflake {
  const parsed = parseSnowflake(value);
  if (parsed !== undefined) return parsed;
  throw new ValidationFailed([{ field, detail: id.safeParse(value).error?.issues[0]?.message ?? 'is not an id' }]);
}
