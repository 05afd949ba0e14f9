import { of } from './support/answer';
import type { Person } from './support/person';
import { World } from './support/world';

const MANY = 150;

describe('simultaneous logins', () => {
  let world: World;
  let ada: Person;
  beforeAll(async () => {
    world = await World.start({}, 1);
    ada = await world.person('ada');
  });
  afterAll(() => world.stop());

  const login = (email: string): ReturnType<World['ask']> =>
    world.ask('post', '/auth/login', { email, password: ada.password });

  it('are limited: those beyond the queue are answered 503 with Retry-After, at once and for unknown addresses alike', async () => {
    const responses = await Promise.all(
      Array.from({ length: MANY }, (_, index) => login(index % 2 === 0 ? ada.email : 'nobody@example.org')),
    );
    const rejected = responses.filter(({ status }) => status === 503);
    expect(rejected.length).toBeGreaterThan(0);
    for (const { body, headers } of rejected) {
      expect(body).toMatchObject({ code: 'PASSWORD_QUEUE_FULL', retry_after: 2 });
      expect(headers['retry-after']).toBe('2');
    }
    const existing = responses.filter((_, index) => index % 2 === 0).map(({ status }) => status);
    const unknown = responses.filter((_, index) => index % 2 === 1).map(({ status }) => status);
    expect(new Set(existing)).toEqual(new Set([200, 503]));
    expect(new Set(unknown)).toEqual(new Set([401, 503]));
    expect((await login(ada.email)).status).toBe(200);
  });

  it('do not delay other requests until they are done', async () => {
    let done = 0;
    const logins = Promise.all(Array.from({ length: 40 }, async () => (await login(ada.email), (done += 1))));
    for (let read = 0; read < 5; read += 1) expect((await ada.get('/users/@me')).status).toBe(200);
    expect(done).toBeLessThan(40);
    await logins;
  });

  it('share the queue with all other uses of passwords', async () => {
    const busy = Promise.all(Array.from({ length: MANY }, () => login(ada.email)));
    const others = await Promise.all([
      ...Array.from({ length: 10 }, (_, index) =>
        world.ask('post', '/auth/register', {
          username: `late${index}`,
          email: `late${index}@example.org`,
          password: ada.password,
        }),
      ),
      ...Array.from({ length: 10 }, () =>
        ada.patch('/users/@me', { email: ada.email, current_password: ada.password }),
      ),
      ...Array.from({ length: 10 }, () => ada.delete('/users/@me', { current_password: 'wrong horse battery' })),
    ]);
    const codes = new Set(others.map(({ body }) => of<{ code?: string }>(body).code));
    await busy;
    expect(codes).toContain('PASSWORD_QUEUE_FULL');
  });
});
