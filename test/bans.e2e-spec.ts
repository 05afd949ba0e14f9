import { Permission } from '../src/permissions/compute-permissions';
import { of } from './support/answer';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

const { BanMembers, CreateMessage, KickMembers } = Permission;

let world: World;
beforeAll(async () => (world = await World.start()));
afterAll(() => world.stop());

const ban = (who: Person, { id }: GuildWorld, userId: string, body: object = {}) =>
  who.put(`/guilds/${id}/bans/${userId}`, body);
const unban = (who: Person, { id }: GuildWorld, userId: string) => who.delete(`/guilds/${id}/bans/${userId}`);
const memberIds = async ({ id, owner }: GuildWorld): Promise<string[]> =>
  of<{ user_id: string }[]>((await owner.get(`/guilds/${id}/members`)).body).map(({ user_id }) => user_id);
const say = async (who: Person, track: string): Promise<string> =>
  of<{ id: string }>((await who.post(`/tracks/${track}/messages`, { content: 'x' })).body).id;

describe('PUT /guilds/:guild_id/bans/:user_id', () => {
  it('removes a member at once, also from open sockets', async () => {
    const guild = await world.guild({ members: { mo: [], low: [] } });
    const mo = guild.members['mo']!;
    const [client, other] = await Promise.all([mo.connect(), guild.members['low']!.connect()]);
    const banned = await ban(guild.owner, guild, mo.id, { reason: 'Sold snake oil.' });
    expect(banned).toMatchObject({
      status: 200,
      body: { guild_id: guild.id, user_id: mo.id, moderator_id: guild.owner.id, reason: 'Sold snake oil.' },
    });
    expect((await mo.get(`/guilds/${guild.id}`)).status).toBe(404);
    expect(await client.next('GUILD_DELETE')).toEqual({ id: guild.id });
    expect(await other.next('MEMBER_LEAVE')).toEqual({ guild_id: guild.id, user_id: mo.id });
    client.clear();
    await say(guild.owner, guild.track);
    await other.next('MESSAGE_CREATE');
    await world.settle();
    expect(client.names).toEqual([]);
    client.close();
    other.close();
  });

  it('blocks every invite until the ban ends, and counts no use of an invite', async () => {
    const guild = await world.guild({ members: { mo: [] } });
    const mo = guild.members['mo']!;
    const { code } = of<{ code: string }>(
      (await guild.owner.post(`/tracks/${guild.track}/invites`, { max_uses: 1 })).body,
    );
    await ban(guild.owner, guild, mo.id);
    for (const invite of [guild.invite, code])
      expect((await mo.post(`/invites/${invite}`)).body).toMatchObject({ status: 403, code: 'BANNED' });
    expect(await memberIds(guild)).toEqual([guild.owner.id]);
    expect((await unban(guild.owner, guild, mo.id)).status).toBe(204);
    expect((await mo.post(`/invites/${code}`)).status).toBe(200);
  });

  it('bans users who never were members, but only existing users', async () => {
    const guild = await world.guild();
    const eve = await world.person('eve');
    expect((await ban(guild.owner, guild, eve.id)).status).toBe(200);
    expect((await eve.post(`/invites/${guild.invite}`)).body).toMatchObject({ code: 'BANNED' });
    expect((await ban(guild.owner, guild, '4242')).body).toMatchObject({ code: 'USER_NOT_FOUND' });
  });

  it('requires BAN_MEMBERS and a higher role, and never applies to the owner or the actor', async () => {
    const guild = await world.guild({
      roles: { low: {}, banner: { allow: BanMembers }, kicker: { allow: KickMembers } },
      members: { mo: ['banner'], peer: ['banner'], above: ['kicker'], below: ['low'] },
    });
    const { mo, peer, above, below } = guild.members as Record<'mo' | 'peer' | 'above' | 'below', Person>;
    for (const target of [guild.owner, mo, peer, above])
      expect((await ban(mo, guild, target.id)).body).toMatchObject({ code: 'MEMBER_OUT_OF_REACH' });
    expect((await ban(above, guild, below.id)).body).toMatchObject({ code: 'PERMISSIONS_MISSING' });
    expect(await memberIds(guild)).toHaveLength(5);
    expect((await guild.owner.get(`/guilds/${guild.id}/bans`)).body).toEqual([]);
    expect((await ban(mo, guild, below.id)).status).toBe(200);
    expect(await memberIds(guild)).not.toContain(below.id);
  });

  it('changes the reason of an existing ban, and publishes it once', async () => {
    const guild = await world.guild();
    const client = await guild.owner.connect();
    const eve = await world.person('eve');
    const [first, again] = [
      await ban(guild.owner, guild, eve.id, { reason: 'one' }),
      await ban(guild.owner, guild, eve.id, { reason: 'other' }),
    ];
    expect(again.body).toEqual({ ...first.body, reason: 'other' });
    expect((await guild.owner.get(`/guilds/${guild.id}/bans/${eve.id}`)).body).toEqual(again.body);
    await client.next('BAN_CREATE');
    await world.settle();
    expect(client.received('BAN_CREATE')).toEqual([first.body]);
    client.close();
  });

  it('publishes the ban, and later its end, to members with BAN_MEMBERS', async () => {
    const guild = await world.guild({ roles: { banner: { allow: BanMembers } }, members: { mod: ['banner'], mo: [] } });
    const eve = await world.person('eve');
    const [mod, mo] = await Promise.all([guild.members['mod']!.connect(), guild.members['mo']!.connect()]);
    await ban(guild.owner, guild, eve.id);
    await unban(guild.owner, guild, eve.id);
    expect(await mod.next('BAN_CREATE')).toMatchObject({ user_id: eve.id });
    expect(await mod.next('BAN_DELETE')).toEqual({ guild_id: guild.id, user_id: eve.id });
    await world.settle();
    expect(mo.names.filter((name) => name.startsWith('BAN_'))).toEqual([]);
    expect((await unban(guild.owner, guild, eve.id)).body).toMatchObject({ code: 'BAN_NOT_FOUND' });
    mod.close();
    mo.close();
  });

  it('leaves no member who accepts an invite concurrently', async () => {
    const guild = await world.guild();
    const people = await Promise.all(Array.from({ length: 12 }, () => world.person('eve')));
    for (let round = 0; round < 4; round += 1) {
      // All at once, so that each waits for the others at some step or other.
      const answers = await Promise.all(
        people.flatMap((eve) => [eve.post(`/invites/${guild.invite}`), ban(guild.owner, guild, eve.id)]),
      );
      for (const { status } of answers) expect([200, 403]).toContain(status);
      expect(await memberIds(guild)).toEqual([guild.owner.id]);
      for (const eve of people)
        expect([(await eve.get(`/guilds/${guild.id}`)).status, (await eve.get('/users/@me/guilds')).body]).toEqual([
          404,
          [],
        ]);
      await Promise.all(people.map((eve) => unban(guild.owner, guild, eve.id)));
    }
  });
});

describe('the bans of a guild', () => {
  it('are paged by the ids of their users', async () => {
    const guild = await world.guild();
    const ids: string[] = [];
    for (let n = 0; n < 3; n += 1) {
      const eve = await world.person('eve');
      ids.push(eve.id);
      await ban(guild.owner, guild, eve.id);
    }
    const page = async (query: string): Promise<string[]> =>
      of<{ user_id: string }[]>((await guild.owner.get(`/guilds/${guild.id}/bans?${query}`)).body).map(
        ({ user_id }) => user_id,
      );
    expect(await page('limit=2')).toEqual(ids.slice(0, 2));
    expect(await page(`limit=2&after=${ids[1]}`)).toEqual(ids.slice(2));
  });

  it('are deleted with the guild', async () => {
    const guild = await world.guild();
    const eve = await world.person('eve');
    await ban(guild.owner, guild, eve.id);
    const commands = world.recordCommands();
    await guild.owner.delete(`/guilds/${guild.id}`);
    commands.stop();
    expect(commands.writes.map(({ collection }) => collection)).toContain('bans');
  });
});

describe('messages of a banned user', () => {
  it('are deleted as far back as requested, in every track, with one event for each track to the members who see it', async () => {
    const guild = await world.guild({ members: { mo: [], low: [] } });
    const mo = guild.members['mo']!;
    const other = of<{ id: string }>(
      (
        await guild.owner.post(`/guilds/${guild.id}/tracks`, {
          name: 'hidden',
          overwrites: [
            { id: guild.members['low']!.id, type: 'member', allow: '0', deny: String(Permission.ViewTrack) },
          ],
        })
      ).body,
    ).id;
    const [here, there, kept] = [await say(mo, guild.track), await say(mo, other), await say(guild.owner, guild.track)];
    const [client, low] = await Promise.all([guild.owner.connect(), guild.members['low']!.connect()]);
    await ban(guild.owner, guild, mo.id, { delete_message_seconds: 60 });
    const listed = async (track: string): Promise<string[]> =>
      of<{ id: string }[]>((await guild.owner.get(`/tracks/${track}/messages`)).body).map(({ id }) => id);
    expect([await listed(guild.track), await listed(other)]).toEqual([[kept], []]);
    expect(await client.next('MESSAGES_DELETE', ({ track_id }) => track_id === guild.track)).toMatchObject({
      guild_id: guild.id,
      track_id: guild.track,
      message_ids: [here],
    });
    expect(await client.next('MESSAGES_DELETE', ({ track_id }) => track_id === other)).toMatchObject({
      guild_id: guild.id,
      track_id: other,
      message_ids: [there],
    });
    await low.next('MESSAGES_DELETE');
    await world.settle();
    expect(low.received('MESSAGES_DELETE')).toMatchObject([{ track_id: guild.track }]);
    client.close();
    low.close();
  });

  it('are kept if no deletion is requested', async () => {
    const guild = await world.guild({ members: { mo: [] } });
    const id = await say(guild.members['mo']!, guild.track);
    await ban(guild.owner, guild, guild.members['mo']!.id);
    expect((await guild.owner.get(`/tracks/${guild.track}/messages/${id}`)).status).toBe(200);
  });

  it('are deleted in batches of one hundred', async () => {
    const guild = await world.guild({ members: { mo: [] } });
    for (let n = 0; n < 13; n += 1)
      await Promise.all(Array.from({ length: 10 }, () => say(guild.members['mo']!, guild.track)));
    const commands = world.recordCommands();
    await ban(guild.owner, guild, guild.members['mo']!.id, { delete_message_seconds: 604_800 });
    commands.stop();
    expect(commands.writes.filter(({ collection }) => collection === 'messages')).toHaveLength(2);
    expect((await guild.owner.get(`/tracks/${guild.track}/messages`)).body).toEqual([]);
  });

  it.each([-1, 604_801, 1.5])('cannot be deleted %s seconds back', async (delete_message_seconds) => {
    const guild = await world.guild({ members: { mo: [] } });
    expect((await ban(guild.owner, guild, guild.members['mo']!.id, { delete_message_seconds })).body).toMatchObject({
      code: 'VALIDATION_FAILED',
      errors: [{ field: 'delete_message_seconds' }],
    });
    expect(await memberIds(guild)).toHaveLength(2);
    expect((await guild.owner.get(`/guilds/${guild.id}/bans`)).body).toEqual([]);
  });
});

describe('a ban of a former member', () => {
  it('does not restore roles that allow permissions when the user rejoins', async () => {
    const guild = await world.guild({
      roles: { gagged: { deny: CreateMessage }, plain: {} },
      members: { mo: ['gagged', 'plain'] },
    });
    const mo = guild.members['mo']!;
    await ban(guild.owner, guild, mo.id);
    await unban(guild.owner, guild, mo.id);
    expect((await mo.post(`/invites/${guild.invite}`)).body).toMatchObject({ role_ids: [guild.roles['gagged']] });
  });
});
