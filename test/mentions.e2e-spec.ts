import { LIMITS } from '../src/common/limits';
import { Permission } from '../src/permissions/compute-permissions';
import { type Json, of } from './support/answer';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

const { MentionEveryone, ViewTrack } = Permission;

describe('mentions', () => {
  let world: World;
  let guild: GuildWorld;
  let mo: Person;
  let eve: Person;
  beforeAll(async () => (world = await World.start({ GATEWAY_BUCKET: '0/60' })));
  afterAll(() => world.stop());
  beforeEach(async () => {
    guild = await world.guild({
      roles: { helper: {}, loud: { allow: MentionEveryone } },
      members: { mo: ['helper'], eve: [] },
    });
    [mo, eve] = [guild.members['mo']!, guild.members['eve']!];
  });

  const say = async (who: Person, content: string): Promise<{ id: string; mentions: Json }> =>
    of((await who.post(`/tracks/${guild.track}/messages`, { content })).body);
  const mentionsOf = async (who: Person): Promise<number> => (await stateOf(who)).mention_count;
  const stateOf = async (who: Person): Promise<{ unread_count: number; mention_count: number }> =>
    of<{ track_id: string; unread_count: number; mention_count: number }[]>(
      (await who.get('/users/@me/read-states')).body,
    ).find(({ track_id }) => track_id === guild.track)!;

  it('are part of the message in every response', async () => {
    const client = await eve.connect();
    const { id, mentions } = await say(guild.owner, `<@${mo.id}> <@&${guild.roles['helper']}> @everyone`);
    expect(mentions).toEqual({ user_ids: [mo.id], role_ids: [guild.roles['helper']], everyone: true });
    expect(await client.next('MESSAGE_CREATE')).toMatchObject({ mentions });
    expect((await eve.get(`/tracks/${guild.track}/messages/${id}`)).body).toMatchObject({ mentions });
    client.close();
  });

  it('are none in plain text and code, and of roles that do not exist', async () => {
    const other = await world.guild({ roles: { theirs: {} } });
    for (const content of [
      'hello',
      `\`<@${mo.id}>\` and \`\`\`@everyone\`\`\``,
      `<@&${other.roles['theirs']}> <@&${guild.id}> <@&1>`,
    ]) {
      expect((await say(guild.owner, content)).mentions).toEqual({ user_ids: [], role_ids: [], everyone: false });
    }
    expect(await mentionsOf(mo)).toBe(0);
  });

  it('of everyone and of roles that are not mentionable require MENTION_EVERYONE in the track', async () => {
    const calling = `@everyone <@&${guild.roles['helper']}> <@&${guild.roles['loud']}>`;
    await guild.owner.patch(`/guilds/${guild.id}/roles/${guild.roles['helper']}`, { mentionable: true });
    expect((await say(eve, calling)).mentions).toEqual({
      user_ids: [],
      role_ids: [guild.roles['helper']],
      everyone: false,
    });
    expect(await mentionsOf(guild.owner)).toBe(0);
    expect(await mentionsOf(mo)).toBe(1);
    await guild.owner.put(`/guilds/${guild.id}/members/${eve.id}/roles/${guild.roles['loud']}`);
    expect((await say(eve, calling)).mentions).toEqual({
      user_ids: [],
      role_ids: [guild.roles['helper'], guild.roles['loud']],
      everyone: true,
    });
    expect(await mentionsOf(guild.owner)).toBe(1);
    await guild.owner.put(`/tracks/${guild.track}/overwrites/${guild.roles['loud']}`, {
      type: 'role',
      allow: '0',
      deny: String(MentionEveryone),
    });
    expect((await say(eve, calling)).mentions).toMatchObject({ everyone: false });
  });

  it('are counted once per message, for the mentioned users, and not for its author', async () => {
    await say(guild.owner, `<@${mo.id}> <@&${guild.roles['helper']}> @everyone <@${guild.owner.id}>`);
    await say(guild.owner, `<@${mo.id}>`);
    await say(mo, `<@${mo.id}>`);
    expect(await mentionsOf(mo)).toBe(2);
    expect(await mentionsOf(eve)).toBe(1);
    expect(await mentionsOf(guild.owner)).toBe(0);
  });

  it('of a user who may not view the track are not delivered, and count once the user may view it', async () => {
    await guild.owner.put(`/tracks/${guild.track}/overwrites/${mo.id}`, {
      type: 'member',
      allow: '0',
      deny: String(ViewTrack),
    });
    const client = await mo.connect();
    await say(guild.owner, `<@${mo.id}> @everyone`);
    await world.settle();
    expect(client.names).toEqual(['READY']);
    expect((await mo.get('/users/@me/read-states')).body).toEqual([]);
    await guild.owner.delete(`/tracks/${guild.track}/overwrites/${mo.id}`);
    expect(await mentionsOf(mo)).toBe(1);
    client.close();
  });

  it('are updated, with their counts, by an edit', async () => {
    const plain = await say(guild.owner, 'hello');
    const calling = await say(guild.owner, `<@${eve.id}>`);
    const edit = async (id: string, content: string): Promise<Json> =>
      of<{ mentions: Json }>((await guild.owner.patch(`/tracks/${guild.track}/messages/${id}`, { content })).body)
        .mentions;
    expect(await edit(plain.id, `<@${mo.id}>`)).toEqual({ user_ids: [mo.id], role_ids: [], everyone: false });
    expect(await edit(calling.id, 'hello')).toEqual({ user_ids: [], role_ids: [], everyone: false });
    expect((await mo.get(`/tracks/${guild.track}/messages/${plain.id}`)).body).toMatchObject({
      mentions: { user_ids: [mo.id] },
    });
    expect(await mentionsOf(mo)).toBe(1);
    expect(await mentionsOf(eve)).toBe(0);
  });

  it('are limited in number per message', async () => {
    const { mentions } = await say(guild.owner, Array.from({ length: 250 }, (_, index) => `<@${index}>`).join(''));
    expect(of<{ user_ids: string[] }>(mentions).user_ids).toEqual(
      Array.from({ length: LIMITS.mentions }, (_, index) => `${index}`),
    );
  });
});
