import { Permission } from '../src/permissions/compute-permissions';
import { Client } from './support/client';
import { World } from './support/world';

describe('intents', () => {
  let world: World;
  beforeAll(async () => (world = await World.start({ GATEWAY_BUCKET: '0/60' })));
  afterAll(() => world.stop());

  it('are all by default, and are listed in READY', async () => {
    const ada = await world.person('ada');
    const [all, some, none] = await Promise.all(
      [{}, { intents: ['typing', 'messages'] }, { intents: [] }].map((chosen) =>
        ada.connect({ token: ada.token, ...chosen }),
      ),
    );
    expect(all!.received('READY')).toMatchObject([
      {
        intents: [
          'guilds',
          'members',
          'bans',
          'roles',
          'tracks',
          'messages',
          'reactions',
          'typing',
          'read_states',
          'invites',
          'user',
          'presence',
        ],
      },
    ]);
    expect(some!.received('READY')).toMatchObject([{ intents: ['messages', 'typing'] }]);
    expect(none!.received('READY')).toMatchObject([{ intents: [] }]);
    for (const client of [all, some, none]) client!.close();
  });

  it.each([
    ['messages'],
    [{ messages: true }],
    [['messages', 'everything']],
    [[7]],
    [null],
    [Array.from({ length: 100 }, () => 'messages')],
  ])('%j are rejected with a code', async (intents) => {
    const ada = await world.person('ada');
    const client = new Client(world.url, { token: ada.token, intents });
    await expect(client.ready).rejects.toMatchObject({ data: { code: 4013 } });
  });

  it('restrict the events of each socket of a user', async () => {
    const guild = await world.guild({ roles: { guest: {} }, members: { mo: [] } });
    const mo = guild.members['mo']!;
    const choices = [
      ['messages'],
      ['roles', 'typing'],
      ['tracks'],
      ['guilds', 'user'],
      ['members'],
      ['invites'],
      ['read_states'],
    ];
    const clients = await Promise.all(choices.map((intents) => mo.connect({ token: mo.token, intents })));
    const [ofTracks, ofGuilds] = [clients[2]!, clients[3]!];
    await guild.owner.post(`/tracks/${guild.track}/messages`, { content: 'hello' });
    await guild.owner.post(`/tracks/${guild.track}/typing`);
    await guild.owner.patch(`/guilds/${guild.id}/roles/${guild.roles['guest']}`, { name: 'visitor' });
    await guild.owner.put(`/tracks/${guild.track}/overwrites/${guild.id}`, {
      type: 'role',
      allow: '0',
      deny: String(Permission.ViewTrack),
    });
    // A track that is revealed again, or deleted, before the change was published, needs no event.
    await ofTracks.next('TRACK_DELETE');
    await guild.owner.put(`/tracks/${guild.track}/overwrites/${mo.id}`, {
      type: 'member',
      allow: String(Permission.ViewTrack),
      deny: '0',
    });
    await guild.owner.put(`/guilds/${guild.id}/members/${mo.id}/roles/${guild.roles['guest']}`);
    await mo.put(`/tracks/${guild.track}/read-state`, { message_id: guild.id });
    await mo.patch('/users/@me', { username: 'renamed' });
    const other = (await mo.post('/guilds', { name: 'Another' })).body as unknown as { id: string };
    await guild.owner.patch(`/guilds/${guild.id}`, { owner_id: mo.id });
    await mo.post(`/tracks/${guild.track}/invites`, {});
    await ofGuilds.next('GUILD_CREATE');
    await mo.delete(`/guilds/${other.id}`);
    await world.settle();
    const sent = clients.map((client) => [...new Set(client.names.slice(1))].sort());
    expect(sent).toEqual([
      ['MESSAGE_CREATE'],
      ['ROLE_UPDATE', 'TYPING_START'],
      ['TRACK_CREATE', 'TRACK_DELETE', 'TRACK_UPDATE'],
      ['GUILD_CREATE', 'GUILD_DELETE', 'GUILD_UPDATE', 'USER_UPDATE'],
      ['MEMBER_JOIN', 'MEMBER_UPDATE'],
      ['INVITE_CREATE'],
      ['READ_STATE_UPDATE'],
    ]);
    for (const client of clients) client.close();
  });
});
