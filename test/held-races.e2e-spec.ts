import { Permission } from '../src/permissions/compute-permissions';
import { of } from './support/answer';
import { type HeldWorld, startHeldWorld } from './support/held-world';
import type { PausableProxy } from './support/pausable-proxy';
import type { Person } from './support/person';
import { describeWithRedis, TestRedis } from './support/redis';
import type { GuildWorld, World } from './support/world';

const { CreateMessage, KickMembers, BanMembers } = Permission;

let held: HeldWorld;
let wire: PausableProxy;
let world: World;

async function startWorld(settings: Record<string, string>, nodes: number): Promise<void> {
  held = await startHeldWorld(settings, nodes);
  ({ world, wire } = held);
}

/** Describes what happens on two nodes, on whose way to the database commands can be held up. */
function describeOnTwoNodes(name: string, run: () => void): void {
  describeWithRedis(name, () => {
    let redis: TestRedis;
    beforeAll(async () => {
      redis = await TestRedis.start();
      await startWorld({ REDIS_URL: redis.url }, 2);
    });
    afterAll(async () => {
      await held.stop();
      await redis.stop();
    });
    run();
  });
}

// One request is held up right before one of its commands, and others overtake it.
describe('a member who left with a role that denies permissions', () => {
  let guild: GuildWorld;
  let mo: Person;
  beforeAll(() => startWorld({}, 1));
  afterAll(() => held.stop());
  beforeEach(async () => {
    guild = await world.guild({ roles: { gagged: { deny: CreateMessage } }, members: { mo: ['gagged'] } });
    mo = guild.members['mo']!;
    await leave();
  });

  const leave = async (): Promise<void> => expect((await mo.delete(`/users/@me/guilds/${guild.id}`)).status).toBe(204);
  const join = async (): Promise<readonly string[]> =>
    of<{ role_ids: string[] }>((await mo.post(`/invites/${guild.invite}`)).body).role_ids;

  it('gets the role again after leaving during a concurrent join', async () => {
    const forgetting = wire.hold('delete', 'departures');
    const client = await guild.owner.connect();
    const joined = join();
    await forgetting.arrived;
    await leave();
    forgetting.release();
    await joined;
    await client.next('MEMBER_JOIN');
    await world.settle();
    expect(client.names.filter((name) => name.startsWith('MEMBER_')).at(-1)).toBe('MEMBER_LEAVE');
    client.close();
    expect(await join()).toEqual([guild.roles['gagged']]);
  });

  it('gets the role again after two concurrent joins, and leaving between them', async () => {
    const using = wire.hold('update', 'invites');
    const late = join();
    await using.arrived;
    await join();
    const inserting = wire.hold('insert', 'members');
    using.release();
    await inserting.arrived;
    await leave();
    inserting.release();
    expect(await late).toEqual([guild.roles['gagged']]);
    expect((await mo.post(`/tracks/${guild.track}/messages`, { content: 'x' })).status).toBe(403);
  });
});

describeOnTwoNodes('a member who rises above the actor on another node', () => {
  it.each([
    ['kicked', (by: Person, { id }: GuildWorld, whom: Person) => by.delete(`/guilds/${id}/members/${whom.id}`)],
    ['banned', (by: Person, { id }: GuildWorld, whom: Person) => by.put(`/guilds/${id}/bans/${whom.id}`, {})],
  ])('is not %s by an actor who was above at the check', async (_, throwOut) => {
    const guild = await world.guild({
      roles: { gagged: { deny: CreateMessage }, mod: { allow: KickMembers | BanMembers }, boss: {} },
      members: { mod: ['mod'], mo: ['gagged'] },
    });
    const { owner, id, roles } = guild;
    const { mod, mo } = guild.members as Record<'mod' | 'mo', Person>;
    const deleting = wire.hold('delete', 'members');
    const thrownOut = throwOut(mod, guild, mo);
    await deleting.arrived;
    expect((await owner.put(`/guilds/${id}/members/${mo.id}/roles/${roles['boss']}`)).status).toBe(200);
    deleting.release();
    expect((await thrownOut).body).toMatchObject({ code: 'MEMBER_OUT_OF_REACH' });
    expect((await owner.get(`/guilds/${id}/members/${mo.id}`)).body).toMatchObject({
      role_ids: [roles['gagged'], roles['boss']],
    });
    expect((await owner.get(`/guilds/${id}/bans/${mo.id}`)).status).toBe(404);
    // Nor is it remembered that they went: what is taken from them while they are in doesn't come back.
    await owner.patch(`/guilds/${id}/members/${mo.id}`, { role_ids: [] });
    await mo.delete(`/users/@me/guilds/${id}`);
    expect((await mo.post(`/invites/${guild.invite}`)).body).toMatchObject({ role_ids: [] });
  });
});

describeOnTwoNodes('changes on another node during a check', () => {
  const on = async <Body>(node: number, who: Person, method: string, path: string, body?: object): Promise<Body> => {
    const headers = { authorization: `Bearer ${who.token}`, ...(body && { 'content-type': 'application/json' }) };
    const answer = await fetch(`${world.urls[node]!}/api/v1${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    expect(answer.ok).toBe(true);
    return of<Body>(await answer.json());
  };

  it('are in the list of roles, at their positions', async () => {
    const { id, owner } = await world.guild({ roles: { some: {} } });
    await on(1, owner, 'GET', `/guilds/${id}/roles`);
    // Now the other node remembers all but the guild itself.
    await on(0, owner, 'PATCH', `/guilds/${id}`, { name: 'Renamed' });
    const reading = wire.hold('find', 'guilds');
    const listed = on(1, owner, 'GET', `/guilds/${id}/roles`);
    await reading.arrived;
    await on(0, owner, 'POST', `/guilds/${id}/roles`, { name: 'new', position: 2 });
    reading.release();
    expect(await listed).toContainEqual(expect.objectContaining({ name: 'new', position: 2 }));
  });

  it('are visible tracks that a move has to respect', async () => {
    const { id, owner } = await world.guild();
    const make = (name: string, position: number): Promise<{ id: string }> =>
      on(0, owner, 'POST', `/guilds/${id}/tracks`, { name, position });
    const first = await make('first', 2);
    await make('second', 3);
    await on(1, owner, 'GET', `/guilds/${id}/tracks`);
    await on(0, owner, 'PATCH', `/guilds/${id}`, { name: 'Renamed' });
    const checking = wire.hold('find', 'guilds');
    const moved = on(1, owner, 'PATCH', `/tracks/${first.id}`, { position: 1 });
    await checking.arrived;
    await on(0, owner, 'PATCH', `/guilds/${id}`, { name: 'Renamed again' });
    const deciding = wire.hold('find', 'guilds');
    checking.release();
    await deciding.arrived;
    await make('new', 2);
    deciding.release();
    await moved;
    const tracks = await on<{ name: string; parent_id: string | null }[]>(1, owner, 'GET', `/guilds/${id}/tracks`);
    expect(tracks.filter(({ parent_id }) => parent_id === null).map(({ name }) => name)).toEqual([
      'first',
      'Talk',
      'new',
      'second',
    ]);
  });

  it('do not drop a role that the request did not mention', async () => {
    const { id, owner, roles, members } = await world.guild({
      roles: { gagged: { deny: CreateMessage }, plain: {}, other: {} },
      members: { mo: ['plain', 'other'] },
    });
    const mo = members['mo']!;
    await on(1, mo, 'GET', `/guilds/${id}/roles`);
    const judging = wire.hold('find', 'members');
    const dropped = on<{ role_ids: string[] }>(1, mo, 'PATCH', `/guilds/${id}/members/${mo.id}`, {
      role_ids: [roles['plain']],
    });
    await judging.arrived;
    await on(0, owner, 'PUT', `/guilds/${id}/members/${mo.id}/roles/${roles['gagged']}`);
    judging.release();
    await expect(dropped).rejects.toThrow();
    const { role_ids } = await on<{ role_ids: string[] }>(0, owner, 'GET', `/guilds/${id}/members/${mo.id}`);
    expect(role_ids).toContain(roles['gagged']);
  });
});

describe('an audit entry that is held', () => {
  beforeAll(() => startWorld({}, 1));
  afterAll(() => held.stop());

  it('delays the response to its own change, and no other request', async () => {
    const { id, owner, roles } = await world.guild({ roles: { a: {}, b: {} } });
    const rename = (role: string, name: string) => owner.patch(`/guilds/${id}/roles/${roles[role]!}`, { name });
    const entry = wire.hold('insert', 'audit_entries');
    const answered: string[] = [];
    const first = rename('a', 'first').then(() => answered.push('first'));
    await entry.arrived;
    await rename('b', 'second').then(() => answered.push('second'));
    expect((await owner.get(`/guilds/${id}/roles`)).body).toMatchObject([{}, { name: 'first' }, { name: 'second' }]);
    entry.release();
    await first;
    expect(answered).toEqual(['second', 'first']);
  });
});
