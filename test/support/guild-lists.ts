import { of } from './answer';
import type { GuildLists } from './client-state';
import type { GuildWorld } from './world';

type Fields = Record<string, unknown>;

/** Reads the lists of a guild that clients keep besides READY, as its owner, with the messages and pins of its first track. */
export async function readGuildLists({ id, owner, track }: GuildWorld): Promise<GuildLists> {
  const get = async <Body>(path: string): Promise<Body> => of<Body>((await owner.get(path)).body);
  const [members, messages, bans, invites, pinned] = await Promise.all([
    get<Fields[]>(`/guilds/${id}/members?limit=100`),
    get<Fields[]>(`/tracks/${track}/messages?limit=100`),
    get<Fields[]>(`/guilds/${id}/bans`),
    get<{ code: string }[]>(`/guilds/${id}/invites`),
    get<{ id: string }[]>(`/tracks/${track}/pins`),
  ]);
  return {
    members,
    messages,
    bans,
    inviteCodes: invites.map(({ code }) => code),
    pinnedIds: pinned.map(({ id: messageId }) => messageId),
  };
}
