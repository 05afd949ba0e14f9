import { Permission } from '../src/permissions/compute-permissions';
import { of } from './support/answer';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

let world: World;
beforeAll(async () => (world = await World.start()));
afterAll(() => world.stop());

const say = async (who: Person, { track }: GuildWorld): Promise<string> =>
  of<{ id: string }>((await who.post(`/tracks/${track}/messages`, { content: 'x' })).body).id;
const pin = (who: Person, { track }: GuildWorld, id: string) => who.put(`/tracks/${track}/pins/${id}`);
const unpin = (who: Person, { track }: GuildWorld, id: string) => who.delete(`/tracks/${track}/pins/${id}`);
const pinned = async ({ owner, track }: GuildWorld): Promise<string[]> =>
  of<{ id: string }[]>((await owner.get(`/tracks/${track}/pins`)).body).map(({ id }) => id);

describe('pins', () => {
  it('are listed from the latest on, and published to all who see the track, as is their end', async () => {
    const guild = await world.guild({
      roles: { pinner: { allow: Permission.PinMessages } },
      members: { mo: ['pinner'], low: [] },
    });
    const mo = guild.members['mo']!;
    const [one, two] = [await say(mo, guild), await say(guild.owner, guild)];
    const client = await guild.members['low']!.connect();
    for (const id of [two, one, two]) expect((await pin(mo, guild, id)).status).toBe(204);
    expect(await pinned(guild)).toEqual([one, two]);
    expect(await client.next('PINS_UPDATE', ({ message_ids }) => of<string[]>(message_ids).length === 2)).toEqual({
      guild_id: guild.id,
      track_id: guild.track,
      message_ids: [one, two],
    });
    for (let n = 0; n < 2; n += 1) expect((await unpin(mo, guild, two)).status).toBe(204);
    expect(await pinned(guild)).toEqual([one]);
    await client.next(
      'PINS_UPDATE',
      ({ message_ids }) => of<string[]>(message_ids).length === 1 && of<string[]>(message_ids)[0] === one,
    );
    client.close();
  });

  it('require PIN_MESSAGES', async () => {
    const guild = await world.guild({ members: { mo: [] } });
    const id = await say(guild.members['mo']!, guild);
    expect((await pin(guild.members['mo']!, guild, id)).body).toMatchObject({ code: 'PERMISSIONS_MISSING' });
    await pin(guild.owner, guild, id);
    expect((await unpin(guild.members['mo']!, guild, id)).body).toMatchObject({ code: 'PERMISSIONS_MISSING' });
    expect(await pinned(guild)).toEqual([id]);
  });

  it('are for existing messages of the track only', async () => {
    const guild = await world.guild();
    const other = of<{ id: string }>((await guild.owner.post(`/guilds/${guild.id}/tracks`, { name: 'other' })).body).id;
    const elsewhere = await say(guild.owner, { ...guild, track: other });
    for (const id of [elsewhere, '4242'])
      expect((await pin(guild.owner, guild, id)).body).toMatchObject({ code: 'MESSAGE_NOT_FOUND' });
    expect(await pinned(guild)).toEqual([]);
  });

  it('are limited to fifty, also for concurrent requests, until one is removed', async () => {
    const guild = await world.guild();
    const ids: string[] = [];
    for (let n = 0; n < 6; n += 1)
      ids.push(...(await Promise.all(Array.from({ length: 9 }, () => say(guild.owner, guild)))));
    const answers = await Promise.all(ids.map((id) => pin(guild.owner, guild, id)));
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(50);
    expect(answers.filter(({ status }) => status !== 204).map(({ body }) => body)).toMatchObject(
      Array.from({ length: 4 }, () => ({ code: 'PIN_LIMIT_REACHED', limit: 50 })),
    );
    const [first] = await pinned(guild);
    expect((await pin(guild.owner, guild, first!)).status).toBe(204);
    await unpin(guild.owner, guild, first!);
    expect(await pinned(guild)).toHaveLength(49);
    const left = ids[answers.findIndex(({ status }) => status !== 204)]!;
    expect((await pin(guild.owner, guild, left)).status).toBe(204);
    expect((await pinned(guild))[0]).toBe(left);
  });
});

describe('a pinned message that is deleted', () => {
  it('is unpinned, alone or in bulk', async () => {
    const guild = await world.guild();
    const [one, two, three] = [
      await say(guild.owner, guild),
      await say(guild.owner, guild),
      await say(guild.owner, guild),
    ];
    for (const id of [one, two, three]) await pin(guild.owner, guild, id);
    const client = await guild.owner.connect();
    await guild.owner.delete(`/tracks/${guild.track}/messages/${one}`);
    expect(await client.next('PINS_UPDATE')).toMatchObject({ message_ids: [three, two] });
    client.clear();
    await guild.owner.post(`/tracks/${guild.track}/messages/bulk-delete`, { message_ids: [two, three] });
    expect(await client.next('PINS_UPDATE')).toMatchObject({ message_ids: [] });
    expect(await pinned(guild)).toEqual([]);
    client.close();
  });

  it('takes no place in the limit if it is pinned at the same moment', async () => {
    const guild = await world.guild();
    const client = await guild.owner.connect();
    const ids = await Promise.all(Array.from({ length: 20 }, () => say(guild.owner, guild)));
    const deleted = ids.flatMap((id, n) => {
      const [pinning, deleting] = [
        () => pin(guild.owner, guild, id),
        () => guild.owner.delete(`/tracks/${guild.track}/messages/${id}`),
      ];
      return n % 2 ? [pinning(), deleting()] : [deleting(), pinning()];
    });
    for (const { status } of await Promise.all(deleted)) expect([204, 404]).toContain(status);
    const last = await say(guild.owner, guild);
    await pin(guild.owner, guild, last);
    expect(await client.next('PINS_UPDATE', ({ message_ids }) => of<string[]>(message_ids)[0] === last)).toMatchObject({
      message_ids: [last],
    });
    client.close();
  });
});
