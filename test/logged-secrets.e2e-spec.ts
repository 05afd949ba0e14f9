import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { io } from 'socket.io-client';
import { of } from './support/answer';
import { eventually } from './support/eventually';
import { NodeProcess } from './support/node-process';

const MARK = 'SECRETMARK';

interface Line {
  readonly context?: string;
  readonly action?: string;
  readonly user_id?: string;
  readonly address?: string;
}

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
}

// The complete output of a node, at its most talkative level, while every documented route is called with secrets in every place.
describe('the log of a node', () => {
  let dataDir: string;
  let node: NodeProcess;
  let user: { token: string; id: string };
  const secrets = new Set<string>();

  const send = async (
    method: string,
    path: string,
    body?: object,
    token = user?.token,
  ): Promise<{ status: number; body: Record<string, unknown> }> => {
    const headers = {
      ...(body && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    };
    const response = await fetch(`${node.url}${path}`, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text.startsWith('{') ? of<Record<string, unknown>>(JSON.parse(text)) : {} };
  };
  const secret = (text: string): string => {
    secrets.add(text);
    return text;
  };
  const lines = (): Line[] =>
    node.output.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Line] : []));
  const securityEvents = (): Line[] => lines().filter(({ context }) => context === 'Security');

  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'derailed-log-'));
    node = await NodeProcess.start({
      DATA_DIR: dataDir,
      LOG_LEVEL: 'trace',
      RATE_REGISTER: '0/1',
      RATE_USER: '0/1',
      RATE_ADDRESS: '0/1',
      RATE_ACCOUNT: '30/60',
    });
  });
  afterAll(async () => {
    await node.kill();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('contains one line for each security event, with user, address and action', async () => {
    const email = `${MARK.toLowerCase()}@example.org`;
    const password = secret('first horse battery staple');
    const next = secret('second horse battery staple');
    const registered = await send('POST', '/api/v1/auth/register', { username: 'ada', email, password }, '');
    user = { token: secret(of<string>(registered.body['token'])), id: of<{ id: string }>(registered.body['user']).id };
    await send('POST', '/api/v1/auth/login', { email, password: secret('wrong horse battery staple') }, '');
    const { body } = await send('POST', '/api/v1/auth/login', { email, password }, '');
    secret(of<string>(body['token']));
    await send('PATCH', '/api/v1/users/@me', { email: `new.${email}`, current_password: password });
    await send('PATCH', '/api/v1/users/@me', { email, current_password: secret('another wrong horse battery') });
    await send('PATCH', '/api/v1/users/@me', { password: next, current_password: password });
    await send('POST', '/api/v1/auth/login', { email: `new.${email}`, password: next }, '');
    await send('DELETE', '/api/v1/auth/sessions');
    const [address, user_id] = ['127.0.0.1', user.id];
    const expected = [
      'account_created',
      'login_failed',
      'login',
      'email_changed',
      'password_rejected',
      'password_changed',
      'login',
      'session_revoked',
    ].map((action) => expect.objectContaining({ action, user_id, address }) as unknown);
    await eventually(() => expect(securityEvents()).toEqual(expected));
  });

  it('contains no token, password, invite code, query string or e-mail address, for any request', async () => {
    const guild = (await send('POST', '/api/v1/guilds', { name: 'Engines' })).body;
    const tracks = await fetch(`${node.url}/api/v1/guilds/${String(guild['id'])}/tracks`, {
      headers: { authorization: `Bearer ${user.token}` },
    }).then((response) => response.json() as Promise<{ id: string }[]>);
    const invite = (await send('POST', `/api/v1/tracks/${tracks[1]!.id}/invites`, {})).body;
    const code = secret(of<string>(invite['code']));
    const { paths } = of<{ paths: Record<string, Record<string, Operation>> }>(
      (await send('GET', '/docs/openapi.json')).body,
    );
    const values: Record<string, string> = {
      guild_id: String(guild['id']),
      track_id: tracks[1]!.id,
      user_id: user.id,
      code,
    };
    const body = {
      email: `${MARK}@example.org`,
      password: MARK,
      current_password: MARK,
      token: MARK,
      code: MARK,
      name: MARK,
      content: MARK,
    };
    for (const [path, operations] of Object.entries(paths)) {
      for (const [method, { parameters = [] }] of Object.entries(operations)) {
        const query = parameters.filter(({ in: place }) => place === 'query').map(({ name }) => `${name}=${MARK}`);
        const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? MARK);
        for (const token of [user.token, MARK]) {
          await send(
            method.toUpperCase(),
            `${filled}?${[...query, `token=${MARK}`].join('&')}`,
            method === 'get' ? undefined : body,
            token,
          );
        }
      }
    }
    await send('GET', `/api/v1/invites/${MARK}`);
    await send('GET', `/nothing/${MARK}?token=${MARK}`);
    const socket = io(`${node.url}/gateway?token=${MARK}`, {
      auth: { token: MARK },
      transports: ['websocket'],
      reconnection: false,
    });
    await new Promise((resolve) => socket.once('connect_error', resolve));
    const found = [...secrets, MARK, MARK.toLowerCase()].filter((text) => node.output.includes(text));
    expect(found).toEqual([]);
    expect(lines().length).toBeGreaterThan(100);
  });
});
