import { getModelToken } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { collationKey } from '../src/common/text/collation';
import { MODELS } from '../src/database/database.module';
import { type Answer, of } from './support/answer';
import { eventually } from './support/eventually';
import type { Held, PausableProxy } from './support/pausable-proxy';
import { type HeldWorld, startHeldWorld } from './support/held-world';
import type { Person } from './support/person';
import type { GuildWorld, World } from './support/world';

const NEW_PASSWORD = 'another horse staple';

let held: HeldWorld;
let world: World;
let wire: PausableProxy;
beforeAll(async () => {
  held = await startHeldWorld();
  ({ world, wire } = held);
});
afterAll(() => held.stop());

const login = ({ email }: Person, password: string): Promise<Answer> =>
  world.ask('post', '/auth/login', { email, password });
const tokenOf = ({ body }: Answer): string => of<{ token: string }>(body).token;
const statusWith = async (token: string): Promise<number> =>
  (await world.ask('get', '/users/@me', undefined, { authorization: `Bearer ${token}` })).status;
const changePassword = (person: Person): Promise<Answer> =>
  person.patch('/users/@me', { password: NEW_PASSWORD, current_password: person.password });
const deleteAccount = (person: Person): Promise<Answer> =>
  person.delete('/users/@me', { current_password: person.password });
const model = (name: string): Model<Record<string, unknown>> => world.app.get(getModelToken(name));

/** Documents of all collections that reference a user, besides what the user wrote. */
async function referencesTo({ id }: Person): Promise<string[]> {
  const user = BigInt(id);
  const counts = await Promise.all([
    ...[MODELS.member, MODELS.departure, MODELS.ban].map(
      async (name) => [name, await model(name).countDocuments({ user_id: user })] as const,
    ),
    (async () => [MODELS.user, await model(MODELS.user).countDocuments({ _id: user })] as const)(),
    (async () =>
      [MODELS.guild, await model(MODELS.guild).countDocuments({ _id: { $gt: 0n }, owner_id: user })] as const)(),
  ]);
  return counts.flatMap(([name, count]) => (count > 0 ? [name] : []));
}

describe('a login with the old password', () => {
  it('is rejected if the password changes before its session is stored', async () => {
    const ada = await world.person('ada');
    const storing = wire.hold('findAndModify', 'users');
    const late = login(ada, ada.password);
    await storing.arrived;
    expect((await changePassword(ada)).status).toBe(200);
    storing.release();
    expect((await late).body).toMatchObject({ status: 401, code: 'CREDENTIALS_INVALID' });
    expect((await ada.get('/auth/sessions')).body).toHaveLength(1);
  });

  it('is revoked if its session is stored before the password changes', async () => {
    const ada = await world.person('ada');
    const changing = wire.hold('findAndModify', 'users');
    const change = changePassword(ada);
    await changing.arrived;
    const token = tokenOf(await login(ada, ada.password));
    expect(await statusWith(token)).toBe(200);
    changing.release();
    expect((await change).status).toBe(200);
    expect(await statusWith(token)).toBe(401);
    expect(await statusWith(ada.token)).toBe(200);
  });

  it('is rejected if the account is deleted before its session is stored', async () => {
    const ada = await world.person('ada');
    const storing = wire.hold('findAndModify', 'users');
    const late = login(ada, ada.password);
    await storing.arrived;
    expect((await deleteAccount(ada)).status).toBe(204);
    storing.release();
    expect((await late).body).toMatchObject({ status: 401, code: 'CREDENTIALS_INVALID' });
    expect(await referencesTo(ada)).toEqual([]);
  });
});

describe('a revocation', () => {
  it('of all other sessions revokes a session that was stored before it, and publishes that', async () => {
    const ada = await world.person('ada');
    const revoking = wire.hold('findAndModify', 'users');
    const revocation = ada.delete('/auth/sessions');
    await revoking.arrived;
    const token = tokenOf(await login(ada, ada.password));
    const client = await ada.connect({ token });
    revoking.release();
    expect((await revocation).status).toBe(204);
    await client.closed();
    expect(await statusWith(token)).toBe(401);
  });

  it('of a session is not undone by a password change or a revocation of the others from it', async () => {
    const request = {
      'password change': (person: Person) => changePassword(person),
      'revocation of the others': (person: Person) => person.delete('/auth/sessions'),
    };
    for (const [name, run] of Object.entries(request)) {
      const ada = await world.person('ada');
      const other = tokenOf(await login(ada, ada.password));
      const [{ id: own }] = of<[{ id: string }]>(
        of<{ id: string; current: boolean }[]>((await ada.get('/auth/sessions')).body).filter(({ current }) => current),
      );
      const writing = wire.hold('findAndModify', 'users');
      const late = run(ada);
      await writing.arrived;
      expect(
        (await world.ask('delete', `/auth/sessions/${own}`, undefined, { authorization: `Bearer ${other}` })).status,
      ).toBe(204);
      writing.release();
      expect([name, (await late).status, await statusWith(ada.token), await statusWith(other)]).toEqual([
        name,
        401,
        401,
        200,
      ]);
    }
  });

  it('lets one of two concurrent password changes win, and the other one change nothing', async () => {
    const ada = await world.person('ada');
    const writing = wire.hold('findAndModify', 'users');
    const late = ada.patch('/users/@me', { password: 'a late horse staple', current_password: ada.password });
    await writing.arrived;
    expect((await changePassword(ada)).status).toBe(200);
    writing.release();
    expect((await late).body).toMatchObject({ code: 'PASSWORD_WRONG' });
    expect((await login(ada, NEW_PASSWORD)).status).toBe(200);
  });
});

describe('an account that is deleted concurrently', () => {
  let guild: GuildWorld;
  let mo: Person;
  beforeEach(async () => {
    guild = await world.guild({ roles: { plain: {}, other: {} }, members: { mo: ['plain'] } });
    mo = guild.members['mo']!;
  });

  const leave = async (): Promise<void> => expect((await mo.delete(`/users/@me/guilds/${guild.id}`)).status).toBe(204);

  // Each request of the account, held before each of its commands that write, is overtaken by the deletion.
  const requests: Record<
    string,
    {
      readonly prepare?: () => Promise<void>;
      readonly run: () => Promise<Answer>;
      readonly hold: readonly (readonly [string, string])[];
    }
  > = {
    'creates a guild': {
      run: () => mo.post('/guilds', { name: 'Late' }),
      hold: [
        ['findAndModify', 'users'],
        ['insert', 'roles'],
        ['insert', 'guilds'],
        ['update', 'role_sets'],
        ['insert', 'members'],
      ],
    },
    'accepts an invite': {
      prepare: leave,
      run: () => mo.post(`/invites/${guild.invite}`),
      hold: [
        ['update', 'invites'],
        ['findAndModify', 'users'],
        ['update', 'role_sets'],
        ['insert', 'members'],
      ],
    },
    'logs in': { run: () => login(mo, mo.password), hold: [['findAndModify', 'users']] },
    'changes the username': {
      run: () => mo.patch('/users/@me', { username: `late-${mo.username}` }),
      hold: [['findAndModify', 'users']],
    },
  };
  const cases = Object.entries(requests).flatMap(([name, { hold }]) =>
    hold.map(([command, collection]) => [name, command, collection] as const),
  );

  it.each(cases)('rejects that it %s, held before %s of %s', async (name, command, collection) => {
    const { prepare, run } = requests[name]!;
    await prepare?.();
    const gate = wire.hold(command, collection);
    const late = run();
    await gate.arrived;
    expect((await deleteAccount(mo)).status).toBe(204);
    gate.release();
    expect((await late).status).toBe(401);
    expect(await statusWith(mo.token)).toBe(401);
    expect(await referencesTo(mo)).toEqual([]);
  });

  // Each request of somebody else that references the account.
  const owner = (): Person => guild.owner;
  const actions: Record<
    string,
    { readonly run: () => Promise<Answer>; readonly hold: readonly (readonly [string, string])[] }
  > = {
    'is made the owner': {
      run: () => owner().patch(`/guilds/${guild.id}`, { owner_id: mo.id }),
      hold: [['update', 'guilds']],
    },
    'is given a role': {
      run: () => owner().put(`/guilds/${guild.id}/members/${mo.id}/roles/${guild.roles['other']!}`),
      hold: [['findAndModify', 'members']],
    },
    'is banned': {
      run: () => owner().put(`/guilds/${guild.id}/bans/${mo.id}`, {}),
      hold: [
        ['update', 'departures'],
        ['delete', 'members'],
        ['findAndModify', 'bans'],
      ],
    },
    'is kicked': {
      run: () => owner().delete(`/guilds/${guild.id}/members/${mo.id}`),
      hold: [
        ['update', 'departures'],
        ['delete', 'members'],
      ],
    },
  };
  const actionCases = Object.entries(actions).flatMap(([name, { hold }]) =>
    hold.map(([command, collection]) => [name, command, collection] as const),
  );

  it.each(actionCases)('leaves no reference when it %s, held before %s of %s', async (name, command, collection) => {
    const gate = wire.hold(command, collection);
    const late = actions[name]!.run();
    await gate.arrived;
    const commands = world.recordCommands();
    const deletion = deleteAccount(mo);
    await eventually(async () => expect(await statusWith(mo.token)).toBe(401));
    // Changes of a member on the same node run one after another: there, the deletion stops after it has read the memberships. Otherwise, it overtakes.
    if (name === 'is made the owner') await deletion;
    else await Promise.race([deletion, eventually(() => commands.reads.some((read) => read.collection === 'members'))]);
    commands.stop();
    gate.release();
    expect((await deletion).status).toBe(204);
    expect([200, 204, 404]).toContain((await late).status);
    expect(await referencesTo(mo)).toEqual([]);
    expect((await owner().get(`/guilds/${guild.id}`)).body).toMatchObject({ owner_id: guild.owner.id });
  });

  it('stays open if it became the owner of a guild before it was closed', async () => {
    const closing = wire.hold('update', 'users');
    const deletion = deleteAccount(mo);
    await closing.arrived;
    expect((await owner().patch(`/guilds/${guild.id}`, { owner_id: mo.id })).status).toBe(200);
    closing.release();
    expect((await deletion).body).toMatchObject({ code: 'USER_OWNS_GUILDS', guild_ids: [guild.id] });
    expect((await login(mo, mo.password)).status).toBe(200);
    expect((await mo.get(`/guilds/${guild.id}`)).body).toMatchObject({ owner_id: mo.id });
  });

  it('is not deleted with a password that has changed in the meantime', async () => {
    const closing = wire.hold('update', 'users');
    const deletion = deleteAccount(mo);
    await closing.arrived;
    await changePassword(mo);
    closing.release();
    expect((await deletion).body).toMatchObject({ code: 'PASSWORD_WRONG' });
    expect((await login(mo, NEW_PASSWORD)).status).toBe(200);
  });
});

describe('a deletion that a crash interrupts', () => {
  // The step before which the node stops.
  it.each([
    ['find', 'members'],
    ['update', 'departures'],
    ['delete', 'members'],
    ['delete', 'bans'],
    ['delete', 'users'],
  ])('is finished by recovery, interrupted before %s of %s', async (command, collection) => {
    const guild = await world.guild({ roles: { plain: {} }, members: { mo: ['plain'] } });
    const mo = guild.members['mo']!;
    const closing = wire.hold('update', 'users');
    const deletion = deleteAccount(mo);
    await closing.arrived;
    const step = wire.hold(command, collection);
    closing.release();
    await step.arrived;
    expect(await statusWith(mo.token)).toBe(401);
    await held.recover();
    expect(await referencesTo(mo)).toEqual([]);
    step.release();
    await deletion;
    expect(await referencesTo(mo)).toEqual([]);
  });
});

describe('the name in memberships', () => {
  let guild: GuildWorld;
  let mo: Person;
  beforeEach(async () => {
    guild = await world.guild({ members: { mo: [] } });
    mo = guild.members['mo']!;
  });

  const rename = (username: string): Promise<Answer> => mo.patch('/users/@me', { username });
  const foundBy = async (name: string): Promise<boolean> =>
    of<{ user_id: string }[]>((await guild.owner.get(`/guilds/${guild.id}/members?query=${name}`)).body).some(
      ({ user_id }) => user_id === mo.id,
    );
  const holdTwo = async (first: Held, run: () => Promise<unknown>): Promise<void> => {
    await first.arrived;
    await run();
    first.release();
  };

  it('is the name that was stored last, whichever rename copies it last', async () => {
    const [lost, won] = [`lost${mo.username.replaceAll('-', '')}`, `won${mo.username.replaceAll('-', '')}`];
    const copying = wire.hold('update', 'members');
    const late = rename(lost);
    await holdTwo(copying, () => rename(won));
    await late;
    expect([await foundBy(won), await foundBy(lost), await foundBy(mo.username)]).toEqual([true, false, false]);
    expect((await mo.get('/users/@me')).body).toMatchObject({ username: won });
  });

  it.each([
    ['update', 'role_sets'],
    ['insert', 'members'],
  ])('is the new name of a user who is renamed while joining, held before %s of %s', async (command, collection) => {
    await mo.delete(`/users/@me/guilds/${guild.id}`);
    const gate = wire.hold(command, collection);
    const joined = mo.post(`/invites/${guild.invite}`);
    const renamed = `new${mo.username.replaceAll('-', '')}`;
    await holdTwo(gate, () => rename(renamed));
    expect((await joined).status).toBe(200);
    expect([await foundBy(renamed), await foundBy(mo.username)]).toEqual([true, false]);
  });

  it('is repaired after a crash between the update of the account and the memberships', async () => {
    const renamed = `new${mo.username.replaceAll('-', '')}`;
    const copying = wire.hold('update', 'members');
    const late = rename(renamed);
    await copying.arrived;
    await held.recover();
    expect([await foundBy(renamed), await foundBy(mo.username)]).toEqual([true, false]);
    copying.release();
    await late;
  });

  it('is not overwritten by a nick that is removed while the name is copied', async () => {
    await mo.patch(`/guilds/${guild.id}/members/@me`, { nick: 'Nick' });
    const renamed = `new${mo.username.replaceAll('-', '')}`;
    const writing = wire.hold('findAndModify', 'members');
    const late = guild.owner.patch(`/guilds/${guild.id}/members/${mo.id}`, { nick: null });
    await holdTwo(writing, () => rename(renamed));
    await late;
    const member = await model(MODELS.member)
      .findOne({ user_id: BigInt(mo.id) })
      .lean();
    expect(member).toMatchObject({ nick: null, username_key: collationKey(renamed), name_key: collationKey(renamed) });
  });

  it('equals the name in the last USER_UPDATE', async () => {
    const client = await mo.connect();
    const [lost, won] = [`lost${mo.username.replaceAll('-', '')}`, `won${mo.username.replaceAll('-', '')}`];
    const publishing = wire.hold('update', 'members');
    // The first rename has published by then; its order with the second is what the read after each publication ensures.
    const late = rename(lost);
    await holdTwo(publishing, () => rename(won));
    await late;
    await eventually(async () => {
      await world.settle();
      expect(client.received('USER_UPDATE').at(-1)).toMatchObject({ username: won });
    });
    client.close();
  });
});
