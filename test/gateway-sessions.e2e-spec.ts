import type { Connection } from 'mongoose';
import { sessionField } from '../src/auth/account';
import { of } from './support/answer';
import { Client } from './support/client';
import { eventually } from './support/eventually';
import { holdDispatch } from './support/held-dispatch';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

const refusalOf = (client: Client): Promise<{ data?: { code: number } }> =>
  client.ready.then(
    () => ({}),
    (error: unknown) => error as { data: { code: number } },
  );

describe('a session that ends while its sockets are open', () => {
  let world: World;
  let guild: GuildWorld;
  let mo: Person;
  // The node of `world.app` is the one that is blocked.
  beforeAll(async () => (world = await World.start({ GATEWAY_BUCKET: '0/1' }, 1)));
  beforeEach(async () => {
    guild = await world.guild({ members: { mo: [] } });
    mo = guild.members['mo']!;
  });
  afterAll(() => world.stop());

  const change = (update: object) =>
    world.app
      .get<Connection>('DatabaseConnection')
      .collection('users')
      .updateOne({ _id: BigInt(mo.id) as never }, update);
  /** Logs in once more, for a session that no node has loaded, and lets it expire so many milliseconds from now. */
  const expiringToken = async (ms: number): Promise<{ token: string; expiresAt: number }> => {
    const { token, session_id: sessionId } = of<{ token: string; session_id: string }>(
      (await world.ask('post', '/auth/login', { email: mo.email, password: mo.password })).body,
    );
    const expiresAt = Date.now() + ms;
    await change({ $set: { [`${sessionField(BigInt(sessionId))}.expires_at`]: new Date(expiresAt) } });
    return { token, expiresAt };
  };
  const blockUntil = (ms: number): void => {
    while (Date.now() < ms);
  };
  const say = (person: Person, content: string) => person.post(`/tracks/${guild.track}/messages`, { content });
  const contentsOf = (client: Client): unknown[] => client.received('MESSAGE_CREATE').map(({ content }) => content);

  it('closes the socket at its expiry, and delivers and executes nothing afterwards, even if the node is busy', async () => {
    const { token, expiresAt } = await expiringToken(2_500);
    const [client, witness] = [await mo.connect({ token }, world.url), await guild.owner.connect()];
    await say(guild.owner, 'before');
    await client.next('MESSAGE_CREATE');
    // Sent in time; the node reads and executes it after the expiry.
    blockUntil(expiresAt - 1_100);
    client.socket.emit('message.create', { track_id: guild.track, content: 'executed too late' });
    await new Promise((resolve) => setImmediate(resolve));
    blockUntil(expiresAt);
    await say(guild.owner, 'delivered too late');
    await client.closed();
    await witness.next('MESSAGE_CREATE', ({ content }) => content === 'delivered too late');
    expect(contentsOf(client)).not.toContain('delivered too late');
    expect(client.received('CLOSING')).toEqual([{ code: 4019, reason: expect.any(String) as unknown }]);
    await say(guild.owner, 'marker');
    await witness.next('MESSAGE_CREATE', ({ content }) => content === 'marker');
    expect(
      of<{ content: string }[]>((await guild.owner.get(`/tracks/${guild.track}/messages`)).body).map(
        ({ content }) => content,
      ),
    ).not.toContain('executed too late');
    expect((await world.ask('get', '/users/@me', undefined, { authorization: `Bearer ${token}` })).status).toBe(401);
    witness.close();
  });

  it('closes a socket without any traffic', async () => {
    const { token, expiresAt } = await expiringToken(1_500);
    const client = await mo.connect({ token }, world.url);
    await client.closed();
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt - 1_000);
    expect(client.received('CLOSING')).toMatchObject([{ code: 4019 }]);
  });

  it.each(['connects', 'resumes'])(
    'admits no socket that %s when its session expires during the admission',
    async (how) => {
      const { token, expiresAt } = await expiringToken(3_000);
      const earlier = await mo.connect({ token }, world.url);
      const { place } = earlier;
      earlier.close();
      const dispatch = holdDispatch(world.app);
      const client = new Client(world.url, how === 'resumes' ? place : { token });
      await new Promise((resolve) => client.socket.once('connect', () => resolve(undefined)));
      await eventually(() => Date.now() >= expiresAt);
      await dispatch.release();
      await client.closed();
      expect(client.names).toEqual(['CLOSING']);
      expect(client.received('CLOSING')).toMatchObject([{ code: 4019 }]);
      for (const auth of [{ token }, place])
        expect((await refusalOf(new Client(world.url, auth))).data?.code).toBe(4001);
    },
  );

  it('closes sockets within 30 seconds when their session is deleted, or its expiry brought forward, in the database only', async () => {
    const clients: Client[] = [];
    for (let n = 0; n < 3; n += 1)
      clients.push(await mo.connect({ token: (await expiringToken(300_000)).token }, world.url));
    const [deleted, shortened] = clients.map((client) => sessionField(BigInt(client.place['session_id'] as string)));
    await change({ $unset: { [deleted!]: 1 } });
    await change({ $set: { [`${shortened!}.expires_at`]: new Date() } });
    await eventually(() => expect(clients.map(({ socket }) => socket.connected)).toEqual([false, false, true]), 30_000);
    expect(clients.slice(0, 2).map((client) => client.received('CLOSING'))).toEqual([
      [expect.objectContaining({ code: 4008 })],
      [expect.objectContaining({ code: 4008 })],
    ]);
    clients[2]!.close();
  });
});
