import { Reflector } from '@nestjs/core';

/** When a cleanup runs: `members` first, because memberships count against limits of users; then `content` of all features in parallel. */
export type CleanupStage = 'members' | 'content';

/**
 * Registers a method of a provider that deletes what its feature stores of a guild: `(guildId: Snowflake) => Promise<void>`. GuildCleanup calls it
 * after the guild was deleted, and again after a crash.
 */
export const OnGuildDelete = Reflector.createDecorator<CleanupStage>();
