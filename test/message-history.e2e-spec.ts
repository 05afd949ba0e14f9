import { ALL_PERMISSIONS, minus, Permission, union } from '../src/permissions/compute-permissions';
import { of } from './support/answer';
import type { Client } from './support/client';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

describe('a member without VIEW_MESSAGE_HISTORY', () => {
  let world: World;
  let guild: GuildWorld;
  let mo: Person;
  let client: Client;
  let old: string;
  const post = async (who: Person, content: string, reply_to_id?: string): Promise<string> =>
    of<{ id: string }>(
      (await who.post(`/tracks/${guild.track}/messages`, { content, ...(reply_to_id && { reply_to_id }) })).body,
    ).id;

  beforeAll(async () => {
    world = await World.start({}, 1);
    const allow = minus(ALL_PERMISSIONS, union(Permission.Administrator, Permission.ViewMessageHistory));
    guild = await world.guild({
      roles: { blind: { allow, deny: Permission.ViewMessageHistory } },
      members: { mo: ['blind'] },
    });
    mo = guild.members['mo']!;
    old = await post(guild.owner, 'old secret');
    client = await mo.connect();
  });
  afterAll(async () => {
    client.close();
    await world.stop();
  });

  it('receives no id and no content of messages from before the connection, and all changes of later ones', async () => {
    const [other, third] = [await post(guild.owner, 'old two'), await post(guild.owner, 'old three')];
    const late = await mo.connect();
    const path = `/tracks/${guild.track}/messages`;
    const reply = await post(guild.owner, 'reply', old);
    const change = async (id: string): Promise<void> => {
      await guild.owner.patch(`${path}/${id}`, { content: `edited <@${mo.id}> ${id}` });
      await guild.owner.put(`${path}/${id}/reactions/${encodeURIComponent('👍')}/@me`);
      await guild.owner.delete(`${path}/${id}/reactions/${encodeURIComponent('👍')}/@me`);
      await guild.owner.put(`/tracks/${guild.track}/pins/${id}`);
    };
    for (const id of [old, other, third, reply]) await change(id);
    await guild.owner.post(`${path}/bulk-delete`, { message_ids: [other, third] });
    await guild.owner.delete(`${path}/${reply}`);
    await late.next('MESSAGE_DELETE');
    await world.settle();
    for (const id of [old, other, third]) expect(JSON.stringify(late.events)).not.toContain(id);
    expect(late.names.filter((name) => name.startsWith('MESSAGE') || name.startsWith('REACTION'))).toEqual([
      'MESSAGE_CREATE',
      'MESSAGE_UPDATE',
      'MESSAGE_MENTIONS_UPDATE',
      'REACTION_ADD',
      'REACTION_REMOVE',
      'MESSAGE_DELETE',
    ]);
    expect(JSON.stringify(client.events)).not.toContain(old);
    expect(client.received('MESSAGES_DELETE')).toMatchObject([{ message_ids: [other, third] }]);
    late.close();
  });

  it('gets the same answer for an existing and a missing id from every route, at the same number of commands', async () => {
    const { paths } = of<{ paths: Record<string, object> }>((await world.ask('get', '/docs/openapi.json')).body);
    const routes = Object.entries(paths).flatMap(([path, item]) =>
      path.includes('{message_id}')
        ? Object.keys(item).map((method) => [method, path.replace('/api/v1', '')] as const)
        : [],
    );
    expect(routes.length).toBeGreaterThan(6);
    const missing = String(BigInt(old) - 1n);
    const ask = async (method: string, path: string, body: unknown, id: string): Promise<unknown> => {
      const filled = path
        .replace('{track_id}', guild.track)
        .replace('{message_id}', id)
        .replace('{emoji}', encodeURIComponent('👍'));
      const commands = world.recordCommands();
      const { status, body: answer } = await world.ask(method as 'get', filled, body, {
        authorization: `Bearer ${mo.token}`,
      });
      commands.stop();
      const { request_id: _, ...rest } = of<Record<string, unknown>>(answer ?? {});
      return [method, path, status, JSON.stringify(rest).replaceAll(id, 'ID'), commands.all.length];
    };
    const attempts: [string, string, (id: string) => unknown][] = [
      ...routes.map(([method, path]): [string, string, () => unknown] => [
        method,
        path,
        () => (method === 'patch' ? { content: 'x' } : undefined),
      ]),
      ['post', '/tracks/{track_id}/messages', (id) => ({ content: 'x', reply_to_id: id })],
      ['post', '/tracks/{track_id}/messages/bulk-delete', (id) => ({ message_ids: [id, '5'] })],
      ['put', '/tracks/{track_id}/read-state', (id) => ({ message_id: id, backwards: true })],
      ...['before', 'after', 'around'].map((field): [string, string, () => unknown] => [
        'get',
        `/tracks/{track_id}/messages?${field}={message_id}`,
        () => undefined,
      ]),
    ];
    await mo.get(`/tracks/${guild.track}`);
    for (const [method, path, body] of attempts)
      expect(await ask(method, path, body(old), old)).toEqual(await ask(method, path, body(missing), missing));
    expect((await guild.owner.get(`/tracks/${guild.track}/messages/${old}`)).status).toBe(200);
    expect((await mo.get('/users/@me/read-states')).body).toEqual([]);
  });
});
