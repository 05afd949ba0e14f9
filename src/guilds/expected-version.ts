import type { GuildDocument } from './guild.schema';
import { GuildVersionMismatch } from './guilds.errors';

/** Refuses to go on from an older state than the guild's, when it was said which that is. @throws GuildVersionMismatch */
export function assertVersion({ version }: GuildDocument, seenVersion: number | undefined): void {
  if (seenVersion !== undefined && seenVersion !== version) throw new GuildVersionMismatch(version);
}
