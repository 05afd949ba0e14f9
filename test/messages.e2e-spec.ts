import { Permission } from '../src/permissions/compute-permissions';
import { of } from './support/answer';
import { World } from './support/world';

describe('messages', () => {
  let world: World;
  beforeAll(async () => (world = await World.start()));
  afterAll(() => world.stop());

  it('are sent, read, edited by their author and deleted', async () => {
    const { owner, members, track } = await world.guild({ members: { mo: [] } });
    const mo = members['mo']!;
    const { id } = of<{ id: string }>((await mo.post(`/tracks/${track}/messages`, { content: 'helo' })).body);
    expect((await owner.patch(`/tracks/${track}/messages/${id}`, { content: 'mine' })).body).toMatchObject({
      code: 'NOT_THE_AUTHOR',
    });
    const changed = of<{ content: string; edited_at: string }>(
      (await mo.patch(`/tracks/${track}/messages/${id}`, { content: 'hello' })).body,
    );
    expect(changed.content).toBe('hello');
    expect(Date.parse(changed.edited_at)).toBeGreaterThan(0);
    expect((await owner.get(`/tracks/${track}/messages/${id}`)).body).toMatchObject({
      content: 'hello',
      author_id: mo.id,
    });
    expect((await mo.delete(`/tracks/${track}/messages/${id}`)).status).toBe(204);
    expect((await mo.get(`/tracks/${track}/messages/${id}`)).body).toMatchObject({ code: 'MESSAGE_NOT_FOUND' });
  });

  it('of other users are deleted with DELETE_MESSAGES only', async () => {
    const { owner, members, track } = await world.guild({
      roles: { mod: { allow: Permission.DeleteMessages } },
      members: { mod: ['mod'], mo: [] },
    });
    const { id } = of<{ id: string }>((await owner.post(`/tracks/${track}/messages`, { content: 'x' })).body);
    expect((await members['mo']!.delete(`/tracks/${track}/messages/${id}`)).body).toMatchObject({
      code: 'PERMISSIONS_MISSING',
    });
    expect((await members['mod']!.delete(`/tracks/${track}/messages/${id}`)).status).toBe(204);
  });

  it('are deleted in bulk with DELETE_MESSAGES, with one command and one event', async () => {
    const { id, owner, members, track } = await world.guild({
      roles: { mod: { allow: Permission.DeleteMessages } },
      members: { mod: ['mod'], mo: [] },
    });
    const [mod, mo] = [members['mod']!, members['mo']!];
    const other = of<{ id: string }>((await owner.post(`/guilds/${id}/tracks`, { name: 'other' })).body).id;
    const say = async (where: string): Promise<string> =>
      of<{ id: string }>((await owner.post(`/tracks/${where}/messages`, { content: 'x' })).body).id;
    const [one, two, kept, elsewhere] = [await say(track), await say(track), await say(track), await say(other)];
    const bulk = (who = mod, message_ids: string[] = [one, two, two, elsewhere, '4242']) =>
      who.post(`/tracks/${track}/messages/bulk-delete`, { message_ids });
    expect((await bulk(mo)).body).toMatchObject({ code: 'PERMISSIONS_MISSING' });
    expect((await bulk(mod, [one])).body).toMatchObject({ errors: [{ field: 'message_ids', limit: 2 }] });
    expect(
      (
        await bulk(
          mod,
          Array.from({ length: 101 }, (_, n) => `${n}`),
        )
      ).body,
    ).toMatchObject({ errors: [{ field: 'message_ids', limit: 100 }] });
    const client = await mo.connect();
    const commands = world.recordCommands();
    expect((await bulk()).status).toBe(204);
    expect((await bulk()).status).toBe(204);
    commands.stop();
    expect(commands.writes.filter(({ collection }) => collection === 'messages')).toHaveLength(1);
    const left = of<{ id: string }[]>((await owner.get(`/tracks/${track}/messages`)).body).map((message) => message.id);
    expect([left, (await owner.get(`/tracks/${other}/messages/${elsewhere}`)).status]).toEqual([[kept], 200]);
    await client.next('MESSAGES_DELETE');
    await world.settle();
    expect(client.received('MESSAGES_DELETE')).toEqual([
      expect.objectContaining({ guild_id: id, track_id: track, message_ids: [one, two] }),
    ]);
    expect(client.names).not.toContain('MESSAGE_DELETE');
    client.close();
  });

  it('are paged by id in both directions and around an id', async () => {
    const { owner, track } = await world.guild();
    const ids: string[] = [];
    for (let n = 0; n < 9; n += 1)
      ids.push(of<{ id: string }>((await owner.post(`/tracks/${track}/messages`, { content: `${n}` })).body).id);
    const page = async (query: string): Promise<number[]> =>
      of<{ id: string }[]>((await owner.get(`/tracks/${track}/messages?${query}`)).body).map(({ id }) =>
        ids.indexOf(id),
      );
    expect(await page('limit=3')).toEqual([8, 7, 6]);
    expect(await page(`limit=3&before=${ids[6]}`)).toEqual([5, 4, 3]);
    expect(await page(`limit=3&after=${ids[2]}`)).toEqual([5, 4, 3]);
    expect(await page(`limit=4&around=${ids[4]}`)).toEqual([6, 5, 4, 3]);
    expect(await page(`after=${ids[1]}&before=${ids[5]}`)).toEqual([4, 3, 2]);
    expect((await owner.get(`/tracks/${track}/messages?around=1&before=2`)).body).toMatchObject({
      code: 'VALIDATION_FAILED',
      errors: [{ field: 'around' }],
    });
    expect((await owner.get(`/tracks/${track}/messages?limit=101`)).body).toMatchObject({
      errors: [{ field: 'limit', limit: 100 }],
    });
  });

  it('are created once for repeated requests with the same nonce', async () => {
    const { owner, members, track } = await world.guild({ members: { mo: [] } });
    const client = await members['mo']!.connect();
    const sent = await Promise.all(
      Array.from({ length: 8 }, () => owner.post(`/tracks/${track}/messages`, { content: 'once', nonce: 'n-1' })),
    );
    expect(new Set(sent.map(({ body }) => of<{ id: string }>(body).id)).size).toBe(1);
    expect(of<unknown[]>((await owner.get(`/tracks/${track}/messages`)).body)).toHaveLength(1);
    await world.settle();
    expect(client.received('MESSAGE_CREATE')).toHaveLength(1);
    expect(
      (await members['mo']!.post(`/tracks/${track}/messages`, { content: 'mine', nonce: 'n-1' })).body,
    ).toMatchObject({ content: 'mine' });
    client.close();
  });

  it('reply to messages of the same track only', async () => {
    const { id, owner, track } = await world.guild();
    const other = of<{ id: string }>((await owner.post(`/guilds/${id}/tracks`, { name: 'other' })).body).id;
    const first = of<{ id: string }>((await owner.post(`/tracks/${track}/messages`, { content: 'a' })).body).id;
    expect((await owner.post(`/tracks/${track}/messages`, { content: 'b', reply_to_id: first })).body).toMatchObject({
      reply_to_id: first,
    });
    expect((await owner.post(`/tracks/${other}/messages`, { content: 'b', reply_to_id: first })).body).toMatchObject({
      code: 'MESSAGE_NOT_FOUND',
    });
  });

  it('cost two writes and no read if everything is cached', async () => {
    const { owner, track } = await world.guild();
    await owner.post(`/tracks/${track}/messages`, { content: 'warm' });
    const commands = world.recordCommands();
    await owner.post(`/tracks/${track}/messages`, { content: 'counted' });
    commands.stop();
    expect(commands.all.map(({ name, collection }) => `${name} ${collection}`)).toEqual([
      'insert messages',
      'update positions',
    ]);
  });

  it('are delayed in slow mode, except for members with moderation permissions', async () => {
    const { owner, members, track } = await world.guild({ members: { mo: [] } });
    await owner.patch(`/tracks/${track}`, { slowmode_seconds: 60 });
    const say = (who = members['mo']!): Promise<{ status: number; body: unknown; headers: Record<string, string> }> =>
      who.post(`/tracks/${track}/messages`, { content: 'x' });
    expect((await say()).status).toBe(201);
    const second = await say();
    expect(second.body).toMatchObject({ status: 429, code: 'SLOW_MODE_ACTIVE' });
    expect(Number(second.headers['retry-after'])).toBeGreaterThan(55);
    expect((await say(owner)).status).toBe(201);
    expect((await say(owner)).status).toBe(201);
  });

  it('that repeat a nonce are not delayed in slow mode', async () => {
    const { owner, members, track } = await world.guild({ members: { mo: [] } });
    await owner.patch(`/tracks/${track}`, { slowmode_seconds: 60 });
    const first = await members['mo']!.post(`/tracks/${track}/messages`, { content: 'x', nonce: 'n' });
    expect((await members['mo']!.post(`/tracks/${track}/messages`, { content: 'x', nonce: 'n' })).body).toEqual(
      first.body,
    );
    expect((await members['mo']!.post(`/tracks/${track}/messages`, { content: 'x', nonce: 'o' })).body).toMatchObject({
      code: 'SLOW_MODE_ACTIVE',
    });
  });

  it('are rejected in categories', async () => {
    const { owner, category } = await world.guild();
    expect((await owner.post(`/tracks/${category}/messages`, { content: 'x' })).body).toMatchObject({
      code: 'NOT_A_TEXT_TRACK',
    });
  });
});
