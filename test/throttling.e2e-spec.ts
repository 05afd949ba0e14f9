import { eventually } from './support/eventually';
import { World } from './support/world';

describe('REST rate limits', () => {
  let world: World;
  beforeAll(
    async () =>
      (world = await World.start({
        RATE_LIMITS: 'on',
        RATE_REGISTER: '8/3600',
        RATE_USER: '30/60',
        RATE_TRACK: '10/60',
      })),
  );
  afterAll(() => world.stop());

  it('are sent in the header fields of every response', async () => {
    const ada = await world.person('ada');
    const { headers } = await ada.get('/users/@me');
    expect(headers['ratelimit-policy']).toBe('"user";q=30;w=60');
    expect(headers['ratelimit']).toMatch(/^"user";r=\d+;t=60$/);
  });

  it('reject a user beyond the limit with Retry-After, and no other user', async () => {
    const [ada, bob] = [await world.person('ada'), await world.person('bob')];
    const answers = await Promise.all(Array.from({ length: 40 }, () => ada.get('/users/@me')));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(10);
    expect(refused[0]!.body).toMatchObject({ code: 'RATE_LIMITED', policy: 'user' });
    expect(Number(refused[0]!.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect((await bob.get('/users/@me')).status).toBe(200);
  });

  it('count each track separately', async () => {
    const ada = await world.person('ada');
    const { id } = (await ada.post('/guilds', { name: 'G' })).body as unknown as { id: string };
    const tracks = (await ada.get(`/guilds/${id}/tracks`)).body as unknown as { id: string }[];
    const answers = await Promise.all(Array.from({ length: 14 }, () => ada.get(`/tracks/${tracks[1]!.id}`)));
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(4);
    expect(answers.find(({ status }) => status === 429)!.body).toMatchObject({ policy: 'track' });
    expect((await ada.get(`/tracks/${tracks[0]!.id}`)).status).toBe(200);
  });

  it('apply to registrations from one address', async () => {
    const answers = [];
    for (let n = 0; n < 8; n += 1)
      answers.push(
        (
          await world.ask('post', '/auth/register', {
            username: `flood${n}`,
            email: `flood${n}@example.org`,
            password: 'correct horse',
          })
        ).body,
      );
    expect(answers.at(-1)).toMatchObject({
      status: 429,
      policy: 'register',
      retry_after: expect.any(Number) as unknown,
    });
  });
});

describe('RATE_REGISTER', () => {
  const account = (name: string): object => ({
    username: name,
    email: `${name}@example.org`,
    password: 'correct horse battery',
  });

  it('counts valid bodies only; invalid ones count against RATE_ADDRESS', async () => {
    const world = await World.start({ RATE_LIMITS: 'on', RATE_REGISTER: '2/3600', RATE_ADDRESS: '40/600' });
    const invalid: unknown[] = [
      '{',
      '[]',
      {},
      { ...account('ada'), extra: 1 },
      { ...account('ada'), username: '' },
      { ...account('ada'), email: 'ada' },
      { ...account('ada'), password: 'password1' },
      { ...account('ada'), password: 'short' },
    ];
    const register = (body: unknown): ReturnType<World['ask']> => world.ask('post', '/auth/register', body);
    for (const body of invalid) expect([body, (await register(body)).status]).toEqual([body, 400]);
    const first = await register(account('ada'));
    expect([first.status, first.headers['ratelimit']]).toEqual([201, expect.stringContaining('"register";r=1;t=3600')]);
    expect((await register(account('bob'))).status).toBe(201);
    for (const body of [account('eve'), ...invalid])
      expect((await register(body)).body).toMatchObject({
        status: 429,
        policy: 'register',
        retry_after: expect.any(Number) as unknown,
      });
    const statuses = await Promise.all(
      Array.from({ length: 40 }, async () => (await world.ask('post', '/auth/login', {})).body),
    );
    expect(statuses).toContainEqual(expect.objectContaining({ status: 429, policy: 'address' }));
    await world.stop();
  });

  it('holds for registrations that arrive together', async () => {
    const world = await World.start({ RATE_LIMITS: 'on', RATE_REGISTER: '2/3600', RATE_ADDRESS: '0/1' });
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => world.ask('post', '/auth/register', account(`ada${n}`))),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(2);
    expect(answers.find(({ status }) => status === 429)!.body).toMatchObject({
      policy: 'register',
      retry_after: 3_600,
    });
    await world.stop();
  });
});

describe('requests with an invalid token', () => {
  it('use up the limit of their address and lock out no valid token from the same address', async () => {
    const world = await World.start({
      RATE_LIMITS: 'on',
      RATE_REGISTER: '0/1',
      RATE_ADDRESS: '10/600',
      RATE_USER: '0/1',
      RATE_TRACK: '0/1',
    });
    const ada = await world.person('ada');
    const forged = `${ada.token.slice(0, -6)}AAAAAA`;
    const guess = async (): Promise<number> =>
      (await world.ask('get', '/users/@me', undefined, { authorization: `Bearer ${forged}` })).status;
    const statuses = await Promise.all(Array.from({ length: 50 }, guess));
    expect([statuses.includes(401), statuses.includes(429)]).toEqual([true, true]);
    for (let n = 0; n < 20; n += 1) expect((await ada.get('/users/@me')).status).toBe(200);
    await world.stop();
  });
});

describe('a rejected client', () => {
  it('is accepted after the time in Retry-After', async () => {
    const world = await World.start({ RATE_LIMITS: 'on', RATE_REGISTER: '0/1', RATE_USER: '1/2' });
    const ada = await world.person('ada');
    const answers = await Promise.all(Array.from({ length: 20 }, () => ada.get('/users/@me')));
    const refused = answers.findLast(({ status }) => status === 429)!;
    const retryAt = Date.now() + Number(refused.headers['retry-after']) * 1_000;
    await eventually(() => Date.now() > retryAt);
    expect((await ada.get('/users/@me')).status).toBe(200);
    await world.stop();
  });
});
