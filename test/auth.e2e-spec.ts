import { Agent, get } from 'node:http';
import type { Socket } from 'node:net';
import { of } from './support/answer';
import { World } from './support/world';

describe('accounts', () => {
  let world: World;
  beforeAll(async () => (world = await World.start()));
  afterAll(() => world.stop());

  it('can register, log in and read their own user, whose e-mail address is hidden from others', async () => {
    const ada = await world.person('ada');
    const login = await world.ask('post', '/auth/login', { email: ada.email.toUpperCase(), password: ada.password });
    expect(login.status).toBe(200);
    expect((await ada.get('/users/@me')).body).toMatchObject({ id: ada.id, username: ada.username, email: ada.email });
    const seen = await (await world.person()).get(`/users/${ada.id}`);
    expect(seen.body).toMatchObject({ id: ada.id, username: ada.username });
    expect(seen.body).not.toHaveProperty('email');
  });

  it('have unique usernames and e-mail addresses, ignoring case', async () => {
    const ada = await world.person('ada');
    const again = { username: ada.username.toUpperCase(), email: 'other@example.org', password: ada.password };
    expect((await world.ask('post', '/auth/register', again)).body).toMatchObject({
      status: 409,
      code: 'USERNAME_TAKEN',
    });
    const sameMail = { username: 'somebody.else', email: ada.email.toUpperCase(), password: ada.password };
    expect((await world.ask('post', '/auth/register', sameMail)).body).toMatchObject({
      status: 409,
      code: 'EMAIL_TAKEN',
    });
  });

  it('allow one of many concurrent requests for the same name', async () => {
    const attempts = Array.from({ length: 10 }, (_, index) =>
      world.ask('post', '/auth/register', {
        username: 'wanted',
        email: `wanted${index}@example.org`,
        password: 'correct horse',
      }),
    );
    const statuses = (await Promise.all(attempts)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(9);
  });

  it('answer a wrong address and a wrong password alike', async () => {
    const ada = await world.person('ada');
    const wrongPassword = await world.ask('post', '/auth/login', { email: ada.email, password: 'wrong password' });
    const wrongAddress = await world.ask('post', '/auth/login', {
      email: 'nobody@example.org',
      password: 'wrong password',
    });
    const { request_id: _one, ...one } = wrongPassword.body;
    const { request_id: _other, ...other } = wrongAddress.body;
    expect(one).toEqual(other);
    expect(one).toMatchObject({ status: 401, code: 'CREDENTIALS_INVALID' });
  });

  it('list sessions and revoke them at once', async () => {
    const ada = await world.person('ada');
    const second = of<{ token: string; session_id: string }>(
      (await world.ask('post', '/auth/login', { email: ada.email, password: ada.password })).body,
    );
    const sessions = of<{ id: string; current: boolean }[]>((await ada.get('/auth/sessions')).body);
    expect(sessions).toHaveLength(2);
    expect(sessions.find(({ id }) => id === second.session_id)?.current).toBe(false);

    const bearer = { authorization: `Bearer ${second.token}` };
    expect((await world.ask('get', '/users/@me', undefined, bearer)).status).toBe(200);
    expect((await ada.delete(`/auth/sessions/${second.session_id}`)).status).toBe(204);
    expect((await world.ask('get', '/users/@me', undefined, bearer)).body).toMatchObject({
      status: 401,
      code: 'TOKEN_INVALID',
    });
    expect((await ada.delete(`/auth/sessions/${second.session_id}`)).body).toMatchObject({ code: 'SESSION_NOT_FOUND' });
  });

  it('revoke all other sessions of the account, and no session of another one', async () => {
    const ada = await world.person('ada');
    const eve = await world.person('eve');
    const { token } = of<{ token: string }>(
      (await world.ask('post', '/auth/login', { email: ada.email, password: ada.password })).body,
    );
    const [session] = of<{ id: string }[]>((await ada.get('/auth/sessions')).body);
    expect((await eve.delete(`/auth/sessions/${session!.id}`)).status).toBe(404);
    expect((await ada.delete('/auth/sessions')).status).toBe(204);
    expect((await world.ask('get', '/users/@me', undefined, { authorization: `Bearer ${token}` })).status).toBe(401);
    expect((await ada.get('/users/@me')).status).toBe(200);
    expect((await eve.get('/users/@me')).status).toBe(200);
  });

  it('log out', async () => {
    const ada = await world.person('ada');
    expect((await ada.post('/auth/logout')).status).toBe(204);
    expect((await ada.get('/users/@me')).status).toBe(401);
  });

  it('check the token of every request, also on a connection that carries tokens of several users', async () => {
    const [ada, bob] = [await world.person('ada'), await world.person('bob')];
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const [url] = world.urls;
    const connections = new Set<Socket>();
    const whoIs = (authorization?: string): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const asked = get(
          `${url}/api/v1/users/@me`,
          { agent, headers: { ...(authorization !== undefined && { authorization }) } },
          (answer) => {
            let text = '';
            answer.setEncoding('utf8').on('data', (part: string) => (text += part));
            answer.once('end', () =>
              resolve(answer.statusCode === 200 ? of<{ id: string }>(JSON.parse(text)).id : answer.statusCode),
            );
          },
        );
        asked.once('socket', (socket) => connections.add(socket)).once('error', reject);
      });
    const [adas, bobs] = [`Bearer ${ada.token}`, `Bearer ${bob.token}`];
    const seen = [];
    for (const said of [adas, adas, bobs, adas, undefined, `${adas.slice(0, -1)}~`, bobs]) seen.push(await whoIs(said));
    expect(seen).toEqual([ada.id, ada.id, bob.id, ada.id, 401, 401, bob.id]);
    await bob.post('/auth/logout');
    expect([await whoIs(bobs), await whoIs(adas)]).toEqual([401, ada.id]);
    expect(connections.size).toBe(1);
    agent.destroy();
  });

  it('require the password to change e-mail and password, and log out all other sessions', async () => {
    const ada = await world.person('ada');
    const { token } = of<{ token: string }>(
      (await world.ask('post', '/auth/login', { email: ada.email, password: ada.password })).body,
    );
    expect((await ada.patch('/users/@me', { password: 'another horse' })).body).toMatchObject({
      code: 'PASSWORD_WRONG',
    });
    expect(
      (await ada.patch('/users/@me', { password: 'another horse', current_password: 'wrong horse' })).body,
    ).toMatchObject({ code: 'PASSWORD_WRONG' });
    expect((await ada.patch('/users/@me', { password: 'another horse', current_password: ada.password })).status).toBe(
      200,
    );
    expect((await world.ask('get', '/users/@me', undefined, { authorization: `Bearer ${token}` })).status).toBe(401);
    expect((await world.ask('post', '/auth/login', { email: ada.email, password: 'another horse' })).status).toBe(200);
    expect((await ada.patch('/users/@me', { username: `${ada.username}.x` })).body).toMatchObject({
      username: `${ada.username}.x`,
    });
  });

  it('are deleted with their password, and removed from all guilds, once they own none', async () => {
    const guild = await world.guild({ members: { mo: [] } });
    const mo = guild.members['mo']!;
    const client = await mo.connect();
    expect((await guild.owner.delete('/users/@me', { current_password: guild.owner.password })).body).toMatchObject({
      code: 'USER_OWNS_GUILDS',
      guild_ids: [guild.id],
    });
    expect((await mo.delete('/users/@me', { current_password: 'wrong horse' })).body).toMatchObject({
      code: 'PASSWORD_WRONG',
    });
    expect((await mo.delete('/users/@me', { current_password: mo.password })).status).toBe(204);
    await client.closed();
    expect(client.received('CLOSING')).toMatchObject([{ code: 4008 }]);
    expect((await mo.get('/users/@me')).status).toBe(401);
    expect((await guild.owner.get(`/users/${mo.id}`)).body).toMatchObject({ code: 'USER_NOT_FOUND' });
    expect((await guild.owner.get(`/guilds/${guild.id}/members/${mo.id}`)).body).toMatchObject({
      code: 'MEMBER_NOT_FOUND',
    });
    expect((await world.ask('post', '/auth/login', { email: mo.email, password: mo.password })).status).toBe(401);
  });
});
