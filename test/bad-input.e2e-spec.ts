import type { Answer } from './support/answer';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

const deep = `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`;

describe('invalid input over REST', () => {
  let world: World;
  let guild: GuildWorld;
  let owner: Person;
  beforeAll(async () => {
    world = await World.start();
    guild = await world.guild({ roles: { any: {} } });
    owner = guild.owner;
  });
  afterAll(() => world.stop());

  const raw = (path: string, body: string): Promise<Answer> => owner.post(path, body);

  it.each([
    ['no JSON', '{"name":', 400, {}],
    ['__proto__', '{"name":"x","__proto__":{"admin":true}}', 400, {}],
    ['a constructor with a prototype', '{"name":"x","constructor":{"prototype":{"a":1}}}', 400, {}],
    [
      'a $-operator for text',
      '{"name":{"$gt":""}}',
      400,
      { code: 'VALIDATION_FAILED', errors: [{ field: 'name.$gt' }] },
    ],
    [
      'an unknown field',
      '{"name":"x","owner_id":"1"}',
      400,
      { errors: [{ field: 'owner_id', detail: 'is not a known field' }] },
    ],
    ['a number for text', '{"name":5}', 400, { errors: [{ field: 'name' }] }],
    ['null for text', '{"name":null}', 400, { errors: [{ field: 'name' }] }],
    ['an array for an object', '[]', 400, { code: 'VALIDATION_FAILED' }],
    ['nothing', '', 400, {}],
    [
      'text that is too long',
      JSON.stringify({ name: 'x'.repeat(101) }),
      400,
      { errors: [{ field: 'name', limit: 100 }] },
    ],
    ['text that is blank', '{"name":"   "}', 400, { errors: [{ field: 'name' }] }],
    ['control characters', JSON.stringify({ name: 'a\u0007b' }), 400, { errors: [{ field: 'name' }] }],
    ['deep nesting', `{"name":${deep}}`, 400, { code: 'VALIDATION_FAILED' }],
    ['too much', JSON.stringify({ name: 'x'.repeat(300_000) }), 413, { code: 'PAYLOAD_TOO_LARGE', limit: 16_384 }],
  ])('with %s is answered with a problem document, and changes nothing', async (_, body, status, problem) => {
    const before = (await owner.get('/users/@me/guilds')).body;
    const answer = await raw('/guilds', body);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ status, ...problem });
    expect(JSON.stringify(answer.body)).not.toMatch(/node_modules|\.ts:|at Object/);
    expect((await owner.get('/users/@me/guilds')).body).toEqual(before);
  });

  it.each([
    ['unknown bits', { name: 'x', allow: '16777216' }, 'allow'],
    ['bits beyond 64', { name: 'x', allow: '18446744073709551616' }, 'allow'],
    ['a negative set', { name: 'x', allow: '-1' }, 'allow'],
    ['a number for a set', { name: 'x', allow: 8 }, 'allow'],
    ['a position of 1', { name: 'x', position: 1 }, 'position'],
    ['a position that is no number', { name: 'x', position: '2' }, 'position'],
    ['a colour beyond RGB', { name: 'x', color: 0x1000000 }, 'color'],
  ])('with %s in a role is rejected with the name of the field', async (_, role, field) => {
    expect((await owner.post(`/guilds/${guild.id}/roles`, role)).body).toMatchObject({
      status: 400,
      errors: [{ field }],
    });
  });

  it('that allows and denies the same permission is rejected', async () => {
    expect((await owner.post(`/guilds/${guild.id}/roles`, { name: 'x', allow: '3', deny: '1' })).body).toMatchObject({
      code: 'PERMISSIONS_OVERLAP',
      permissions: ['MODIFY_GUILD'],
    });
    await owner.patch(`/guilds/${guild.id}/roles/${guild.roles['any']}`, { allow: '1' });
    expect((await owner.patch(`/guilds/${guild.id}/roles/${guild.roles['any']}`, { deny: '1' })).body).toMatchObject({
      code: 'PERMISSIONS_OVERLAP',
    });
  });

  it.each(['x', '-1', '1e3', '0x1', '01', '9223372036854775808', '99999999999999999999999', '1%00', '%7B%7D'])(
    'with the id %s is rejected with the name of the parameter',
    async (id) => {
      for (const path of [`/guilds/${id}`, `/tracks/${id}`, `/users/${id}`, `/guilds/${guild.id}/roles/${id}`]) {
        const { body } = await owner.get(path);
        expect(body).toMatchObject({
          status: 400,
          code: 'VALIDATION_FAILED',
          errors: [{ field: expect.stringMatching(/_id$/) as unknown }],
        });
      }
    },
  );

  it('in the query is rejected with the names of wrong or repeated parameters', async () => {
    for (const [query, field] of [
      ['limit=0', 'limit'],
      ['limit=x', 'limit'],
      ['before=x', 'before'],
      ['before[$gt]=1', 'before[$gt]'],
      ['limit=1&limit=2', 'limit'],
      ['unknown=1', 'unknown'],
    ] as const) {
      expect((await owner.get(`/tracks/${guild.track}/messages?${query}`)).body).toMatchObject({
        status: 400,
        errors: [{ field }],
      });
    }
  });

  it('in another format is rejected', async () => {
    const answer = await world.ask('post', '/guilds', 'name=x', {
      authorization: `Bearer ${owner.token}`,
      'content-type': 'text/plain',
    });
    expect([400, 415]).toContain(answer.status);
    const form = await fetch(`${world.url}/api/v1/guilds`, {
      method: 'POST',
      headers: { authorization: `Bearer ${owner.token}`, 'content-type': 'application/xml' },
      body: '<x/>',
    });
    expect(await form.json()).toMatchObject({ status: 415, code: 'MEDIA_TYPE_UNSUPPORTED' });
  });

  it('for a login runs no query', async () => {
    expect(
      (await world.ask('post', '/auth/login', { email: { $ne: null }, password: { $ne: null } })).body,
    ).toMatchObject({ status: 400, code: 'VALIDATION_FAILED' });
  });

  it('to an unknown route is answered with a problem document', async () => {
    expect((await owner.get('/nothing')).body).toMatchObject({ status: 404, code: 'ROUTE_NOT_FOUND' });
    expect((await world.ask('get', '/guilds/%E0%A4%A')).status).toBeLessThan(500);
  });

  it('that makes a move fail halfway moves nothing', async () => {
    const order = (await owner.get(`/guilds/${guild.id}/tracks`)).body;
    const moved = await owner.patch(`/guilds/${guild.id}/tracks`, [
      { id: guild.track, position: 1, parent_id: null },
      { id: '4242', position: 2 },
    ]);
    expect(moved.body).toMatchObject({ code: 'TRACK_NOT_FOUND' });
    expect((await owner.get(`/guilds/${guild.id}/tracks`)).body).toEqual(order);
  });
});
