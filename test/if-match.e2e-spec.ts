import { Permission } from '../src/permissions/compute-permissions';
import type { Answer } from './support/answer';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

type Change = (owner: Person, guild: GuildWorld, headers: Record<string, string>) => Promise<Answer>;

// Everything that takes the version that it is based on.
const CHANGES: Record<string, Change> = {
  'changing the guild': (owner, { id }, headers) => owner.patch(`/guilds/${id}`, { name: 'Other' }, headers),
  'creating a role': (owner, { id }, headers) => owner.post(`/guilds/${id}/roles`, { name: 'new' }, headers),
  'moving roles': (owner, { id, roles }, headers) =>
    owner.patch(`/guilds/${id}/roles`, [{ id: roles['a'], position: 2 }], headers),
  'changing a role': (owner, { id, roles }, headers) =>
    owner.patch(`/guilds/${id}/roles/${roles['a']}`, { name: 'other' }, headers),
  'deleting a role': (owner, { id, roles }, headers) =>
    owner.delete(`/guilds/${id}/roles/${roles['a']}`, undefined, headers),
  'creating a track': (owner, { id }, headers) =>
    owner.post(`/guilds/${id}/tracks`, { name: 'new', type: 'text' }, headers),
  'moving tracks': (owner, { id, track }, headers) =>
    owner.patch(`/guilds/${id}/tracks`, [{ id: track, parent_id: null }], headers),
  'changing a track': (owner, { track }, headers) => owner.patch(`/tracks/${track}`, { name: 'other' }, headers),
  'setting an overwrite': (owner, { track, roles }, headers) =>
    owner.put(
      `/tracks/${track}/overwrites/${roles['b']}`,
      { type: 'role', allow: '0', deny: String(Permission.AddReactions) },
      headers,
    ),
  'deleting an overwrite': (owner, { track, roles }, headers) =>
    owner.delete(`/tracks/${track}/overwrites/${roles['a']}`, undefined, headers),
  'deleting a track': (owner, { track }, headers) => owner.delete(`/tracks/${track}`, undefined, headers),
};

describe('a change with If-Match', () => {
  let world: World;
  beforeAll(async () => (world = await World.start()));
  afterAll(() => world.stop());

  const stateOf = async ({ id, owner }: GuildWorld): Promise<unknown[]> => {
    const answers = await Promise.all(
      [`/guilds/${id}`, `/guilds/${id}/roles`, `/guilds/${id}/tracks`].map((path) => owner.get(path)),
    );
    return answers.map(({ body }) => body);
  };

  it.each(Object.entries(CHANGES))(
    'is rejected if the guild has changed since, and changes nothing: %s',
    async (_, change) => {
      const guild = await world.guild({ roles: { a: {}, b: {} } });
      const { owner, id, track, roles } = guild;
      await owner.put(`/tracks/${track}/overwrites/${roles['a']}`, {
        type: 'role',
        allow: '0',
        deny: String(Permission.CreateMessage),
      });
      const seen = { 'if-match': (await owner.get(`/guilds/${id}`)).headers['etag']! };
      await owner.post(`/guilds/${id}/roles`, { name: 'somebody else was first' });
      const before = await stateOf(guild);

      expect(await change(owner, guild, seen)).toMatchObject({ status: 412, body: { code: 'GUILD_VERSION_MISMATCH' } });
      expect(await stateOf(guild)).toEqual(before);

      const current = { 'if-match': (await owner.get(`/guilds/${id}`)).headers['etag']! };
      expect((await change(owner, guild, current)).status).toBeLessThan(300);
      expect(await stateOf(guild)).not.toEqual(before);
    },
  );
});
