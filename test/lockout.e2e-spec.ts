import { of } from './support/answer';
import { World } from './support/world';

// Each address is the one that a proxy names.
const HOME = '198.51.100.1';

const NODES = Number(process.env['NODES'] ?? 1);

describe('failed logins', () => {
  let world: World;
  let count = 0;
  beforeAll(
    async () =>
      (world = await World.start({
        RATE_LIMITS: 'on',
        RATE_REGISTER: '0/1',
        RATE_USER: '0/1',
        RATE_ADDRESS: '0/1',
        RATE_LOGIN: '10/60',
        RATE_ACCOUNT: '5/60',
        TRUST_PROXY: 'true',
      })),
  );
  afterAll(() => world.stop());

  const from = (address: string): Record<string, string> => ({ 'x-forwarded-for': address });
  // Of a network of its own, so that no test fills a limit of another.
  const attackers = (many: number): string[] => {
    count += 1;
    return Array.from({ length: many }, (_, index) => `203.0.${count}.${index}`);
  };
  const register = async (address = HOME): Promise<{ email: string; password: string }> => {
    count += 1;
    const account = {
      username: `owner${count}`,
      email: `owner${count}@example.org`,
      password: 'correct horse battery',
    };
    expect((await world.ask('post', '/auth/register', account, from(address))).status).toBe(201);
    return { email: account.email, password: account.password };
  };
  const login = async (
    email: string,
    password: string,
    address: string,
  ): Promise<{ status: number; code: unknown }> => {
    const { status, body } = await world.ask('post', '/auth/login', { email, password }, from(address));
    return { status, code: of<{ code?: string; policy?: string }>(body).policy ?? of<{ code?: string }>(body).code };
  };

  it('from one address limit that address for the account, also concurrently, and not the owner at a known address', async () => {
    const { email, password } = await register();
    const [attacker] = attackers(1) as [string];
    const attempts = await Promise.all(Array.from({ length: 12 }, () => login(email, 'wrong password', attacker)));
    // Each node knows which of its own attempts are being verified, so that together they verify at most five for each node.
    const verified = attempts.filter(({ status }) => status === 401).length;
    expect(verified).toBeGreaterThanOrEqual(5);
    expect(verified).toBeLessThanOrEqual(5 * NODES);
    expect(attempts.filter(({ status }) => status === 429)).toHaveLength(12 - verified);
    expect((await login(email, password, attacker)).status).toBe(429);
    expect((await login(email, password, HOME)).status).toBe(200);
  });

  it('from many addresses lock out the owner at a new address only after very many, and never at a known address', async () => {
    const { email, password } = await register();
    const many = attackers(101);
    for (const address of many.slice(0, 25)) expect((await login(email, 'wrong password', address)).status).toBe(401);
    const [away] = attackers(1) as [string];
    expect((await login(email, password, away)).status).toBe(200);
    for (const address of many.slice(25, 100)) expect((await login(email, 'wrong password', address)).status).toBe(401);
    expect(await login(email, 'wrong password', many[100]!)).toEqual({ status: 429, code: 'account' });
    expect((await login(email, password, HOME)).status).toBe(200);
    expect((await login(email, password, away)).status).toBe(200);
  });

  it('from a known address do not block the right password, and are limited', async () => {
    const { email, password } = await register();
    for (let failure = 0; failure < 30; failure += 1)
      expect((await login(email, 'wrong password', HOME)).status).toBe(401);
    expect((await login(email, password, HOME)).status).toBe(200);
    for (let failure = 0; failure < 20; failure += 1)
      expect((await login(email, 'wrong password', HOME)).status).toBe(401);
    expect(await login(email, 'wrong password', HOME)).toEqual({ status: 429, code: 'account' });
  });

  it('from one address into many accounts limit that address, also for accounts that do not exist', async () => {
    const [attacker] = attackers(1) as [string];
    const { email, password } = await register();
    for (let failure = 0; failure < 10; failure += 1)
      expect((await login(`nobody${failure}@example.org`, 'wrong password', attacker)).status).toBe(401);
    expect(await login('nobody@example.org', 'wrong password', attacker)).toEqual({ status: 429, code: 'login' });
    expect(await login(email, password, attacker)).toEqual({ status: 429, code: 'login' });
  });

  it('have the same limits for an unknown address as for a wrong password', async () => {
    const { email } = await register();
    const statuses = [];
    for (const address of [email, 'nobody.at.all@example.org']) {
      const [attacker] = attackers(1) as [string];
      const codes = [];
      for (let failure = 0; failure < 7; failure += 1) codes.push(await login(address, 'wrong password', attacker));
      statuses.push(codes);
    }
    expect(statuses[0]).toEqual(statuses[1]);
  });

  it('do not include successful logins: 20 in a row are possible, and few failures after them', async () => {
    const { email, password } = await register();
    const [away] = attackers(1) as [string];
    for (let success = 0; success < 20; success += 1) expect((await login(email, password, away)).status).toBe(200);
    expect((await login(email, 'wrong password', away)).status).toBe(401);
    expect((await login(email, password, away)).status).toBe(200);
  });

  it('are compared with the 20 latest address blocks of an account', async () => {
    const { email, password } = await register();
    const others = attackers(20);
    for (const address of others) expect((await login(email, password, address)).status).toBe(200);
    const fail = async (address: string): Promise<number> => {
      for (let failure = 0; failure < 5; failure += 1) await login(email, 'wrong password', address);
      return (await login(email, password, address)).status;
    };
    expect([await fail(others[0]!), await fail(HOME)]).toEqual([200, 429]);
  });
});

describe('invalid tokens', () => {
  it('cost no database command and never affect a valid token from the same address, cached or not', async () => {
    const world = await World.start({ RATE_LIMITS: 'on', RATE_REGISTER: '0/1', RATE_USER: '0/1', RATE_ADDRESS: '0/1' });
    const ada = await world.person('ada');
    const commands = world.recordCommands();
    const forged = `${ada.token.slice(0, -6)}AAAAAA`;
    for (let guess = 0; guess < 60; guess += 1) {
      for (const token of ['g'.repeat(86), 'x', forged])
        expect(
          (await world.ask('get', '/users/@me', undefined, { authorization: `Bearer ${token}` })).body,
        ).toMatchObject({ status: 401, code: 'TOKEN_INVALID' });
    }
    await expect(ada.connect({ token: forged })).rejects.toMatchObject({ data: { code: 4001 } });
    expect(commands.all).toEqual([]);
    expect((await ada.get('/users/@me')).status).toBe(200);
    await world.stop();
  });
});
