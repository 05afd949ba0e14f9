import { LIMITS } from '../src/common/limits';
import { of } from './support/answer';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

describe('member search', () => {
  let world: World;
  let guild: GuildWorld;
  let owner: Person;
  beforeAll(async () => {
    world = await World.start();
    guild = await world.guild({ members: { Anna: [], annika: [], Bert: [], 'ann.e': [] } });
    owner = guild.owner;
  });
  afterAll(() => world.stop());

  const found = async (query: string, limit = 50): Promise<string[]> => {
    const { body } = await owner.get(`/guilds/${guild.id}/members?query=${encodeURIComponent(query)}&limit=${limit}`);
    return of<{ user_id: string }[]>(body).map(
      ({ user_id }) => Object.entries(guild.members).find(([, { id }]) => id === user_id)?.[0] ?? 'owner',
    );
  };
  const nick = (name: string, to: string | null): Promise<{ status: number }> =>
    guild.members[name]!.patch(`/guilds/${guild.id}/members/@me`, { nick: to });

  it('finds members by the beginning of their name, ignoring case', async () => {
    expect(await found('an')).toEqual(['ann.e', 'Anna', 'annika']);
    expect(await found('ANN')).toEqual(['ann.e', 'Anna', 'annika']);
    expect(await found('nn')).toEqual([]);
  });

  it('finds nicks too, ignoring accents, each member once, in the order of the list', async () => {
    await nick('Bert', 'Ännchen');
    await nick('Anna', 'Änna');
    expect(await found('än')).toEqual(['ann.e', 'Anna', 'Bert', 'annika']);
    await nick('Bert', 'anton');
    await nick('Anna', 'antonia');
    expect(await found('an')).toEqual(['ann.e', 'annika', 'Bert', 'Anna']);
    await nick('Bert', null);
    expect(await found('anto')).toEqual(['Anna']);
    await nick('Anna', null);
  });

  it('finds users by a new username at once, and not by the old one', async () => {
    const bert = guild.members['Bert']!;
    await bert.patch('/users/@me', { username: 'Zacharias' });
    expect([await found('zach'), await found('bert')]).toEqual([['Bert'], []]);
  });

  it('returns at most the limit, with two reads by an index', async () => {
    await found('an');
    const commands = world.recordCommands();
    expect(await found('an', 2)).toEqual(['ann.e', 'Anna']);
    commands.stop();
    expect(commands.all.map(({ name, collection }) => `${name} ${collection}`)).toEqual([
      'find members',
      'find members',
    ]);
  });

  it.each([
    ['Ada Lovelace', 'love'],
    ['Ada Lovelace', 'lovelace ad'],
    ['Ada Lovelace', 'ＡＤＡ'],
    ['山田太郎', '太郎'],
    ['สมชาย ใจดี', 'ใจ'],
    ['מֹשֶׁה כהן', 'משה'],
    ['Ø. Straße', 'strass'],
    ['김철수', '김철'],
  ])('finds %s by %s, also by a later word', async (name, query) => {
    await nick('annika', name);
    expect(await found(query)).toEqual(['annika']);
    expect(await found('lace')).toEqual([]);
    await nick('annika', null);
    expect(await found(query)).toEqual([]);
  });

  it.each(['.*', '[', '\\', '%', '_', '*', '$ne', 'a|b', 'a.*z'])('does not treat %s as a pattern', async (query) =>
    expect(await found(query)).toEqual([]),
  );
  it.each(['^a', '(a+)+$'])('ignores the punctuation in %s', async (query) =>
    expect(await found(query)).toEqual(await found('a')),
  );

  it('rejects a query that is no beginning of a name', async () => {
    const ask = async (query: string): Promise<unknown> =>
      (await owner.get(`/guilds/${guild.id}/members?${query}`)).body;
    for (const query of ['query=', `query=${'x'.repeat(33)}`, 'query[$regex]=a', 'query=a&after=1', 'query=a%00'])
      expect([query, await ask(query)]).toMatchObject([query, { code: 'VALIDATION_FAILED' }]);
  });

  it('documents over REST and the gateway what it returns if very many members match', async () => {
    const sentence = `If more than ${LIMITS.membersSearched} members match`;
    const documents = await Promise.all(
      ['/docs/openapi.json', '/docs/gateway'].map(async (path) => JSON.stringify((await world.ask('get', path)).body)),
    );
    expect(documents.map((document) => document.includes(sentence))).toEqual([true, true]);
  });
});
