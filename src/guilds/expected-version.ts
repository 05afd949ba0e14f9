import type { GuildDocument } from './guild.schema';
import { GuildVersionMismatch } from './guilds.errors';

/**
 * Requires that the guild has the expected version, if one is given.
 * @throws GuildVersionMismatch
 */
export function assertVersion({ version }: GuildDocument, expectedVersion: number | undefined): void {
  if (expectedVersion !== undefined && expectedVersion !== version) throw new GuildVersionMismatch(version);
}
