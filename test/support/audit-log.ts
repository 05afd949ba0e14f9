import { Permission } from '../../src/permissions/compute-permissions';
import { type Answer, of } from './answer';
import type { Person } from './person';
import type { GuildWorld } from './world';

/** An entry of an audit log, as it travels. */
export interface Entry {
  readonly id: string;
  readonly user_id: string;
  readonly action: string;
  readonly target_id: string | null;
  readonly track_ids: string[];
  readonly changes: { id?: string; key: string; old: unknown; new: unknown }[];
  readonly reason: string | null;
}

/** An emoji, as it stands in paths. */
export const THUMB = encodeURIComponent('👍');
/** The id of what was answered. */
export const idOf = ({ body }: Answer): string => of<{ id: string }>(body).id;
/** A page of a guild’s audit log, as somebody may read it. */
export const read = async (who: Person, { id }: GuildWorld, query = ''): Promise<Entry[]> => {
  const { status, body } = await who.get(`/guilds/${id}/audit-log?${query}`);
  expect([status, body]).toMatchObject([200, {}]);
  return of<Entry[]>(body);
};
/** What was done, as somebody may read it. */
export const actionsSeenBy = async (who: Person, guild: GuildWorld): Promise<string[]> =>
  (await read(who, guild)).map(({ action }) => action);
/** Sends a message. @returns its id */
export const say = async (who: Person, track: string): Promise<string> =>
  idOf(await who.post(`/tracks/${track}/messages`, { content: 'x' }));
/** Makes a track. @returns its id */
export const makeTrack = async ({ id, owner }: GuildWorld, fields: object): Promise<string> =>
  idOf(await owner.post(`/guilds/${id}/tracks`, { name: 'other', ...fields }));
/** Keeps @everyone from viewing a track. */
export const hide = (guild: GuildWorld, track: string): Promise<Answer> =>
  guild.owner.put(`/tracks/${track}/overwrites/${guild.id}`, {
    type: 'role',
    allow: '0',
    deny: String(Permission.ViewTrack),
  });
/** Makes an invite. @returns its code */
export const invite = async ({ owner }: GuildWorld, track: string): Promise<string> =>
  of<{ code: string }>((await owner.post(`/tracks/${track}/invites`, { max_uses: 3 })).body).code;
