import { type Answer, of } from './support/answer';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

const PASSWORD = 'correct horse battery';
const INVISIBLE_NAMES = [
  '\u3164',
  '\u2800\u2800',
  '\u200B\u200D',
  'ab\u202Ecd',
  'a\u2066b',
  'in\u200Bvisible',
  '\u0301',
];
const VALID_NAMES = ['हिन्दी चर्चा', 'ภาษาไทย', 'தமிழ்', 'বাংলা', 'مُحَمَّد', 'שָׁלוֹם', 'می\u200Cخواهم', '👩‍🚀 crew', '東京'];

let world: World;
let guild: GuildWorld;
let owner: Person;
beforeAll(async () => {
  world = await World.start();
  guild = await world.guild({ roles: { any: {} }, members: { mo: [] } });
  owner = guild.owner;
});
afterAll(() => world.stop());

let registered = 0;
const register = (username: string, email = `person${(registered += 1)}@example.org`): Promise<Answer> =>
  world.ask('post', '/auth/register', { username, email, password: PASSWORD });

describe('free-form names', () => {
  /** Every route that sets one, and what it answers. */
  const routes: readonly (readonly [route: string, send: (name: string) => Promise<Answer>, field: string])[] = [
    ['POST /guilds', (name) => owner.post('/guilds', { name }), 'name'],
    ['PATCH /guilds/:guild_id', (name) => owner.patch(`/guilds/${guild.id}`, { name }), 'name'],
    ['POST …/tracks', (name) => owner.post(`/guilds/${guild.id}/tracks`, { name }), 'name'],
    ['PATCH /tracks/:track_id', (name) => owner.patch(`/tracks/${guild.track}`, { name }), 'name'],
    ['POST …/roles', (name) => owner.post(`/guilds/${guild.id}/roles`, { name }), 'name'],
    [
      'PATCH …/roles/:role_id',
      (name) => owner.patch(`/guilds/${guild.id}/roles/${guild.roles['any']}`, { name }),
      'name',
    ],
    [
      'PATCH …/members/:user_id',
      (nick) => owner.patch(`/guilds/${guild.id}/members/${guild.members['mo']!.id}`, { nick }),
      'nick',
    ],
    ['PATCH …/members/@me', (nick) => guild.members['mo']!.patch(`/guilds/${guild.id}/members/@me`, { nick }), 'nick'],
  ];

  it.each(routes)('are validated and normalized by %s', async (_route, send, field) => {
    for (const name of INVISIBLE_NAMES)
      expect([name, (await send(name)).body]).toMatchObject([name, { code: 'VALIDATION_FAILED', errors: [{ field }] }]);
    for (const name of VALID_NAMES)
      expect((await send(` ${name.normalize('NFD')}  `)).body).toMatchObject({ [field]: name.normalize('NFC') });
  });
});

describe('usernames', () => {
  it('are unique by appearance: an invisible letter, another script or another case makes no new username', async () => {
    expect((await register('lovelace')).status).toBe(201);
    for (const name of [
      'Lovelace',
      'ｌｏｖｅｌａｃｅ',
      'lоvelace',
      'ⅼovelace',
      '1ovelace',
      'lovelace\u3164',
      'love\u200Blace',
      'love\u2060lace',
    ]) {
      const { status, body } = await register(name);
      expect([name, status, of<{ code: string }>(body).code]).toEqual([
        name,
        expect.any(Number),
        expect.stringMatching(/^(USERNAME_TAKEN|VALIDATION_FAILED)$/),
      ]);
    }
    const other = await world.person('other');
    expect((await other.patch('/users/@me', { username: 'Iovelace' })).body).toMatchObject({ code: 'USERNAME_TAKEN' });
    // One's own name may be spelled in another way.
    expect((await other.patch('/users/@me', { username: other.username.toUpperCase() })).body).toMatchObject({
      username: other.username.toUpperCase(),
    });
  });

  it('are accepted decomposed and stored composed', async () =>
    expect((await register('zoe\u0308-हिन्दी'.slice(0, 4))).body).toMatchObject({ user: { username: 'zoë' } }));

  it.each(['everyone', 'HERE', 'еveryone'])('%s is reserved', async (name) =>
    expect((await register(name)).body).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ field: 'username' }] }),
  );
});

describe('e-mail addresses', () => {
  it('are trimmed, and accept any spelling of an internationalized domain at login', async () => {
    expect((await register('intl', '  δοκιμή@bücher.example ')).body).toMatchObject({
      user: { email: 'δοκιμή@bücher.example' },
    });
    expect(
      (await world.ask('post', '/auth/login', { email: ' Δοκιμή@xn--bcher-kva.example\n', password: PASSWORD })).status,
    ).toBe(200);
    expect((await register('intl.two', 'δοκιμή@XN--bcher-kva.example')).body).toMatchObject({ code: 'EMAIL_TAKEN' });
  });
});

describe('messages', () => {
  it.each(['   ', '\n\n', '\u200B', '\u3164', '\u2800', '\u202E\u2066', '\u00AD\uFE0F'])(
    'with only %j and no visible character are rejected',
    async (content) => {
      expect((await owner.post(`/tracks/${guild.track}/messages`, { content })).body).toMatchObject({
        code: 'VALIDATION_FAILED',
        errors: [{ field: 'content' }],
      });
    },
  );

  it.each(['👍', '👩‍👩‍👧‍👦', 'क्\u200Dष', ' …', '1️⃣'])('with %j are stored unchanged', async (content) =>
    expect((await owner.post(`/tracks/${guild.track}/messages`, { content })).body).toMatchObject({ content }),
  );

  it('have 2,000 characters at most, whatever their size in UTF-16', async () => {
    expect((await owner.post(`/tracks/${guild.track}/messages`, { content: '👍'.repeat(2_000) })).status).toBe(201);
    expect((await owner.post(`/tracks/${guild.track}/messages`, { content: '👍'.repeat(2_001) })).body).toMatchObject({
      code: 'VALIDATION_FAILED',
    });
  });
});

describe('reactions', () => {
  const SPELLINGS: readonly (readonly [canonical: string, ...others: string[]])[] = [
    ['❤️', '❤', '❤\uFE0E', '❤\uFE0F\uFE0F'],
    ['👍', '👍\uFE0F'],
    ['1️⃣', '1\u20E3'],
    ['🏳️‍🌈', '🏳\u200D🌈'],
    ['👩🏽‍⚕️', '👩🏽\u200D⚕'],
    ['🕵️‍♂️', '🕵\u200D♂', '🕵\uFE0F\u200D♂'],
    ['🏴󠁧󠁢󠁳󠁣󠁴󠁿', '🏴\uFE0F\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}'],
    ['🇫🇷', '🇫\uFE0F🇷'],
  ];

  it.each(SPELLINGS)('with %s are one emoji in every route, in any spelling', async (canonical, ...others) => {
    const { id } = of<{ id: string }>((await owner.post(`/tracks/${guild.track}/messages`, { content: 'x' })).body);
    const at = (emoji: string): string =>
      `/tracks/${guild.track}/messages/${id}/reactions/${encodeURIComponent(emoji)}`;
    const reactions = async (): Promise<unknown> =>
      of<{ reactions: unknown }>((await owner.get(`/tracks/${guild.track}/messages/${id}`)).body).reactions;
    const client = await owner.connect();
    for (const emoji of [canonical, ...others]) {
      expect((await owner.put(`${at(emoji)}/@me`)).status).toBe(204);
      expect(await client.next('REACTION_ADD')).toMatchObject({ emoji: canonical });
      for (const spelling of [canonical, ...others])
        expect((await owner.get(at(spelling))).body).toMatchObject([{ user_id: owner.id }]);
      expect(await reactions()).toEqual([{ emoji: canonical, count: 1, me: true }]);
      await owner.delete(`${at(others[0]!)}/@me`);
      expect(await reactions()).toEqual([]);
      await owner.put(`${at(emoji)}/@me`);
      await owner.delete(at(emoji));
      expect(await reactions()).toEqual([]);
      await client.next('REACTION_REMOVE');
    }
    client.close();
  });

  it.each(['a', '1', '👍👍', '\uFE0F', '🇫', ':+1:'])(
    'with %j, which is no emoji, are rejected in every route',
    async (emoji) => {
      const path = `/tracks/${guild.track}/messages/1/reactions/${encodeURIComponent(emoji)}`;
      for (const answer of [
        await owner.put(`${path}/@me`),
        await owner.delete(`${path}/@me`),
        await owner.get(path),
        await owner.delete(path),
      ])
        expect(answer.body).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ field: 'emoji' }] });
    },
  );
});

describe('times and nulls', () => {
  it('are accepted with an offset and returned in UTC', async () => {
    const local = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 3_600_000);
    const text = new Date(local.getTime() + 2 * 3_600_000).toISOString().replace('.000Z', '+02:00');
    expect(
      (await owner.patch(`/guilds/${guild.id}/members/${guild.members['mo']!.id}`, { timed_out_until: text })).body,
    ).toMatchObject({ timed_out_until: local.toISOString() });
    expect(
      (
        await owner.patch(`/guilds/${guild.id}/members/${guild.members['mo']!.id}`, {
          timed_out_until: '2026-01-01T00:00:00',
        })
      ).body,
    ).toMatchObject({ code: 'VALIDATION_FAILED' });
  });

  it('are treated as omitted if null has no meaning in an optional field, and nowhere else', async () => {
    const { body } = await owner.post('/guilds', { name: 'Nulls', description: null, discoverable: null });
    expect(body).toMatchObject({ name: 'Nulls', description: '', discoverable: false });
    expect(
      (await owner.patch(`/guilds/${of<{ id: string }>(body).id}`, { name: null, description: 'd' })).body,
    ).toMatchObject({ name: 'Nulls', description: 'd' });
    expect((await owner.post('/guilds', { name: null })).body).toMatchObject({
      code: 'VALIDATION_FAILED',
      errors: [{ field: 'name' }],
    });
    expect(
      (await owner.post(`/tracks/${guild.track}/messages`, { content: 'x', reply_to_id: null, nonce: null })).status,
    ).toBe(201);
    expect((await owner.patch(`/guilds/${guild.id}/members/@me`, { nick: null })).body).toMatchObject({ nick: null });
  });
});

describe('published patterns', () => {
  it.each(['/docs/openapi.json', '/docs/gateway'])('of %s are valid in ECMA-262 without a flag', async (path) => {
    const { body } = await world.ask('get', path);
    const patterns = [...JSON.stringify(body).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)].map(
      ([, text]) => JSON.parse(text!) as string,
    );
    expect(patterns.length).toBeGreaterThan(0);
    for (const pattern of patterns) {
      expect(pattern).not.toMatch(/\\[pP]\{|\\u\{|\\q\{|&&|--/);
      expect(() => new RegExp(pattern)).not.toThrow();
    }
  });
});
