import { Permission } from '../src/permissions/compute-permissions';
import { of } from './support/answer';
import { eventually } from './support/eventually';
import { World } from './support/world';

describe('a guild', () => {
  let world: World;
  beforeAll(async () => (world = await World.start()));
  afterAll(() => world.stop());

  it('starts with @everyone, a category and a text track in it', async () => {
    const { id, owner } = await world.guild();
    expect((await owner.get(`/guilds/${id}/roles`)).body).toMatchObject([
      { id, name: '@everyone', position: 1, allow: '701440' },
    ]);
    const tracks = of<{ id: string; type: string; parent_id: string | null }[]>(
      (await owner.get(`/guilds/${id}/tracks`)).body,
    );
    expect(tracks.map(({ type }) => type)).toEqual(['category', 'text']);
    expect(tracks[1]!.parent_id).toBe(tracks[0]!.id);
    expect((await owner.get('/users/@me/guilds')).body).toMatchObject([{ id, owner_id: owner.id }]);
  });

  it('is not found for strangers, unless it is discoverable', async () => {
    const { id, owner } = await world.guild();
    const eve = await world.person('eve');
    expect((await eve.get(`/guilds/${id}`)).body).toMatchObject({ status: 404, code: 'GUILD_NOT_FOUND' });
    expect((await eve.get(`/guilds/${id}/preview`)).status).toBe(404);
    await owner.patch(`/guilds/${id}`, { discoverable: true });
    expect((await eve.get(`/guilds/${id}/preview`)).body).toMatchObject({ id, name: 'Engines' });
    expect((await eve.get(`/guilds/${id}`)).status).toBe(404);
  });

  it('is edited with MODIFY_GUILD, and transferred and deleted by its owner only', async () => {
    const { id, owner, members } = await world.guild({
      roles: { editor: { allow: Permission.ModifyGuild } },
      members: { ed: ['editor'], mo: [] },
    });
    const { ed, mo } = members;
    expect((await mo!.patch(`/guilds/${id}`, { name: 'Mine' })).body).toMatchObject({
      code: 'PERMISSIONS_MISSING',
      permissions: ['MODIFY_GUILD'],
    });
    expect((await ed!.patch(`/guilds/${id}`, { name: 'Better' })).body).toMatchObject({ name: 'Better' });
    expect((await ed!.patch(`/guilds/${id}`, { owner_id: ed!.id })).body).toMatchObject({ code: 'OWNER_ONLY' });
    expect((await ed!.delete(`/guilds/${id}`)).body).toMatchObject({ code: 'OWNER_ONLY' });
    expect((await owner.patch(`/guilds/${id}`, { owner_id: mo!.id })).body).toMatchObject({ owner_id: mo!.id });
    expect((await owner.delete(`/guilds/${id}`)).status).toBe(403);
    expect((await mo!.delete(`/guilds/${id}`)).status).toBe(204);
    expect((await ed!.get(`/guilds/${id}`)).status).toBe(404);
    expect((await ed!.get('/users/@me/guilds')).body).toEqual([]);
  });

  it('can be left by every member but its owner', async () => {
    const { id, owner, members } = await world.guild({ members: { mo: [] } });
    expect((await owner.delete(`/users/@me/guilds/${id}`)).body).toMatchObject({ code: 'OWNER_CANNOT_LEAVE' });
    expect((await members['mo']!.delete(`/users/@me/guilds/${id}`)).status).toBe(204);
    expect((await members['mo']!.get(`/guilds/${id}`)).status).toBe(404);
  });

  it('pages its members by the ids of their users', async () => {
    const { id, owner, members } = await world.guild({ members: { a: [], b: [], c: [] } });
    const first = of<{ user_id: string }[]>((await owner.get(`/guilds/${id}/members?limit=2`)).body);
    const second = of<{ user_id: string }[]>(
      (await owner.get(`/guilds/${id}/members?limit=2&after=${first[1]!.user_id}`)).body,
    );
    const ids = [...first, ...second].map(({ user_id }) => user_id);
    expect(ids).toEqual(
      [owner, ...Object.values(members)].map((person) => person.id).sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1)),
    );
  });

  it('allows to kick members below, who can rejoin', async () => {
    const { id, owner, members, invite } = await world.guild({
      roles: { guest: {}, bouncer: { allow: Permission.KickMembers } },
      members: { guest: ['guest'], bouncer: ['bouncer'], other: ['bouncer'] },
    });
    const { guest, bouncer, other } = members;
    expect((await guest!.delete(`/guilds/${id}/members/${bouncer!.id}`)).body).toMatchObject({
      code: 'PERMISSIONS_MISSING',
    });
    expect((await bouncer!.delete(`/guilds/${id}/members/${other!.id}`)).body).toMatchObject({
      code: 'MEMBER_OUT_OF_REACH',
    });
    expect((await bouncer!.delete(`/guilds/${id}/members/${owner.id}`)).body).toMatchObject({
      code: 'MEMBER_OUT_OF_REACH',
    });
    expect((await bouncer!.delete(`/guilds/${id}/members/${guest!.id}`)).status).toBe(204);
    expect((await guest!.get(`/guilds/${id}`)).status).toBe(404);
    expect((await guest!.post(`/invites/${invite}`)).body).toMatchObject({ user_id: guest!.id, role_ids: [] });
  });

  it('sets nicks, roles and timeouts, each with its own permission', async () => {
    const { id, members, track } = await world.guild({
      roles: { mod: { allow: Permission.ModifyMemberNicknames | Permission.TimeoutMembers } },
      members: { mod: ['mod'], mo: [] },
    });
    const { mod, mo } = members;
    expect((await mo!.patch(`/guilds/${id}/members/@me`, { nick: 'Momo' })).body).toMatchObject({ nick: 'Momo' });
    expect((await mo!.patch(`/guilds/${id}/members/${mod!.id}`, { nick: 'Modder' })).status).toBe(403);
    expect((await mod!.patch(`/guilds/${id}/members/${mo!.id}`, { nick: null })).body).toMatchObject({ nick: null });
    const until = new Date(Date.now() + 60_000).toISOString();
    expect((await mod!.patch(`/guilds/${id}/members/${mo!.id}`, { timed_out_until: until })).body).toMatchObject({
      timed_out_until: until,
    });
    expect((await mo!.post(`/tracks/${track}/messages`, { content: 'but' })).body).toMatchObject({
      code: 'PERMISSIONS_MISSING',
    });
    expect((await mo!.get(`/tracks/${track}/messages`)).status).toBe(200);
    const tooLong = new Date(Date.now() + 40 * 86_400_000).toISOString();
    expect((await mod!.patch(`/guilds/${id}/members/${mo!.id}`, { timed_out_until: tooLong })).body).toMatchObject({
      code: 'TIMEOUT_TOO_LONG',
      limit: 28,
    });
    await mod!.patch(`/guilds/${id}/members/${mo!.id}`, { timed_out_until: null });
    expect((await mo!.post(`/tracks/${track}/messages`, { content: 'thanks' })).status).toBe(201);
  });

  it('ends a timeout by the clock, without a write', async () => {
    const { id, owner, members, track } = await world.guild({ members: { mo: [] } });
    const endsAt = Date.now() + 3_000;
    await owner.patch(`/guilds/${id}/members/${members['mo']!.id}`, {
      timed_out_until: new Date(endsAt).toISOString(),
    });
    expect((await members['mo']!.post(`/tracks/${track}/messages`, { content: 'now' })).status).toBe(403);
    await eventually(async () =>
      expect((await members['mo']!.post(`/tracks/${track}/messages`, { content: 'now' })).status).toBe(201),
    );
    expect(Date.now()).toBeGreaterThanOrEqual(endsAt);
  });
});

describe('an invite', () => {
  let world: World;
  beforeAll(async () => (world = await World.start()));
  afterAll(() => world.stop());

  it('shows a guild to users with the code, and admits them', async () => {
    const { id, owner, track } = await world.guild();
    const { code } = of<{ code: string }>((await owner.post(`/tracks/${track}/invites`, { max_uses: 5 })).body);
    expect((await world.ask('get', `/invites/${code}`)).body).toMatchObject({ code, guild: { id, name: 'Engines' } });
    const mo = await world.person('mo');
    expect((await mo.post(`/invites/${code}`)).body).toMatchObject({ guild_id: id, user_id: mo.id });
    expect((await mo.post(`/invites/${code}`)).status).toBe(200);
    const invites = of<{ code: string; uses: number }[]>((await owner.get(`/guilds/${id}/invites`)).body);
    expect(invites.find((invite) => invite.code === code)).toMatchObject({ uses: 1, max_uses: 5 });
  });

  it('is used at most as often as it allows, also by concurrent requests', async () => {
    const { id, owner, track } = await world.guild();
    const { code } = of<{ code: string }>((await owner.post(`/tracks/${track}/invites`, { max_uses: 3 })).body);
    const people = await Promise.all(Array.from({ length: 12 }, () => world.person('guest')));
    const answers = await Promise.all(people.map((person) => person.post(`/invites/${code}`)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(answers.filter(({ body }) => of<{ code: string }>(body).code === 'INVITE_NOT_FOUND')).toHaveLength(9);
    expect(of<unknown[]>((await owner.get(`/guilds/${id}/members`)).body)).toHaveLength(4);
  });

  it('expires', async () => {
    const { owner, track } = await world.guild();
    const { code } = of<{ code: string }>((await owner.post(`/tracks/${track}/invites`, { max_age_seconds: 1 })).body);
    const mo = await world.person('mo');
    await eventually(async () => expect((await world.ask('get', `/invites/${code}`)).status).toBe(404));
    expect((await mo.post(`/invites/${code}`)).body).toMatchObject({ code: 'INVITE_NOT_FOUND' });
  });

  it('is revoked by its inviter and with DELETE_INVITES', async () => {
    const { members, track } = await world.guild({
      roles: { gate: { allow: Permission.DeleteInvites } },
      members: { gate: ['gate'], mo: [], eve: [] },
    });
    const { gate, mo, eve } = members;
    const { code } = of<{ code: string }>((await mo!.post(`/tracks/${track}/invites`, {})).body);
    expect((await eve!.delete(`/invites/${code}`)).body).toMatchObject({ code: 'PERMISSIONS_MISSING' });
    expect((await mo!.delete(`/invites/${code}`)).status).toBe(204);
    const { code: second } = of<{ code: string }>((await mo!.post(`/tracks/${track}/invites`, {})).body);
    expect((await gate!.delete(`/invites/${second}`)).status).toBe(204);
    expect((await eve!.post(`/invites/${second}`)).status).toBe(404);
  });
});
