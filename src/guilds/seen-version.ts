import type { GuildDocument } from './guild.schema';
import { GuildChanged } from './guilds.errors';

/** Refuses to go on from an older state than the guild's, when it was said which that is. @throws GuildChanged */
export function assertSeen({ version }: GuildDocument, seenVersion: number | undefined): void {
  if (seenVersion !== undefined && seenVersion !== version) throw new GuildChanged(version);
}
