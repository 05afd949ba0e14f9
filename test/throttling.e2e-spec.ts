import { World } from './support/world';

describe('REST rate limits', () => {
  let world: World;
  beforeAll(async () => (world = await World.start({ RATE_LIMITS: 'on', RATE_REGISTER: '8/3600', RATE_USER: '30/60', RATE_TRACK: '10/60' })));
  afterAll(() => world.stop());

  it('are told with every answer', async () => {
    const ada = await world.person('ada');
    const { headers } = await ada.get('/users/@me');
    expect(headers['ratelimit-policy']).toBe('"user";q=30;w=60');
    expect(headers['ratelimit']).toMatch(/^"user";r=\d+;t=60$/);
  });

  it('refuse a user beyond the limit with Retry-After, and nobody else', async () => {
    const [ada, bob] = [await world.person('ada'), await world.person('bob')];
    const answers = await Promise.all(Array.from({ length: 40 }, () => ada.get('/users/@me')));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(10);
    expect(refused[0]!.body).toMatchObject({ code: 'RATE_LIMITED', policy: 'user' });
    expect(Number(refused[0]!.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect((await bob.get('/users/@me')).status).toBe(200);
  });

  it('count one track apart', async () => {
    const ada = await world.person('ada');
    const { id } = (await ada.post('/guilds', { name: 'G' })).body as unknown as { id: string };
    const tracks = (await ada.get(`/guilds/${id}/tracks`)).body as unknown as { id: string }[];
    const answers = await Promise.all(Array.from({ length: 14 }, () => ada.get(`/tracks/${tracks[1]!.id}`)));
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(4);
    expect(answers.find(({ status }) => status === 429)!.body).toMatchObject({ policy: 'track' });
    expect((await ada.get(`/tracks/${tracks[0]!.id}`)).status).toBe(200);
  });

  it('hold for registrations from one address', async () => {
    const answers = [];
    for (let n = 0; n < 8; n += 1) answers.push((await world.ask('post', '/auth/register', { username: `flood${n}`, email: `flood${n}@example.org`, password: 'correct horse' })).body);
    expect(answers.at(-1)).toMatchObject({ status: 429, policy: 'register', retry_after: expect.any(Number) as unknown });
  });
});

describe('who has to wait', () => {
  it('gets on after as long as they were told', async () => {
    const world = await World.start({ RATE_LIMITS: 'on', RATE_REGISTER: '0/1', RATE_USER: '1/2' });
    const ada = await world.person('ada');
    const answers = await Promise.all(Array.from({ length: 20 }, () => ada.get('/users/@me')));
    const refused = answers.findLast(({ status }) => status === 429)!;
    await new Promise((resolve) => setTimeout(resolve, Number(refused.headers['retry-after']) * 1_000 + 50));
    expect((await ada.get('/users/@me')).status).toBe(200);
    await world.stop();
  });
});
