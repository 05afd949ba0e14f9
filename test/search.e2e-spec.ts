import { Permission } from '../src/permissions/compute-permissions';
import { type Answer, of } from './support/answer';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

const { ViewMessageHistory, ViewTrack } = Permission;

interface Result {
  readonly messages: readonly { readonly id: string; readonly content: string }[];
  readonly before: string | null;
}

let world: World;
beforeAll(async () => (world = await World.start()));
afterAll(() => world.stop());

const say = async (who: Person, track: string, content: string): Promise<string> =>
  of<{ id: string }>((await who.post(`/tracks/${track}/messages`, { content })).body).id;
const ask = (who: Person, { id }: GuildWorld, q: string, query = ''): Promise<Answer> =>
  who.get(`/guilds/${id}/messages/search?q=${encodeURIComponent(q)}${query}`);
const found = async (who: Person, guild: GuildWorld, q: string, query = ''): Promise<string[]> =>
  of<Result>((await ask(who, guild, q, query)).body).messages.map(({ content }) => content);
const addTrack = async ({ id, owner }: GuildWorld, overwrites: object[] = []): Promise<string> =>
  of<{ id: string }>((await owner.post(`/guilds/${id}/tracks`, { name: 'other', overwrites })).body).id;
const denying = (id: string, deny: bigint) => ({ id, type: 'role', allow: '0', deny: String(deny) });

describe('message search', () => {
  it('finds messages that contain all words, in any order, case and form, the newest first', async () => {
    const guild = await world.guild({ members: { mo: [] } });
    const other = await addTrack(guild);
    await say(guild.owner, guild.track, 'The Analytical Engine weaves');
    await say(guild.owner, other, 'an ENGINE, analytical: Café');
    await say(guild.owner, guild.track, 'the difference engine');
    expect(await found(guild.members['mo']!, guild, 'engine analytical')).toEqual([
      'an ENGINE, analytical: Café',
      'The Analytical Engine weaves',
    ]);
    expect(await found(guild.members['mo']!, guild, 'CAFE\u0301')).toEqual(['an ENGINE, analytical: Café']);
    expect(await found(guild.members['mo']!, guild, 'engine steam')).toEqual([]);
  });

  it('filters by author and track', async () => {
    const guild = await world.guild({ members: { mo: [] } });
    const mo = guild.members['mo']!;
    const other = await addTrack(guild);
    await say(guild.owner, guild.track, 'loom one');
    await say(mo, guild.track, 'loom two');
    await say(mo, other, 'loom three');
    expect(await found(mo, guild, 'loom', `&author_id=${mo.id}`)).toEqual(['loom three', 'loom two']);
    expect(await found(mo, guild, 'loom', `&track_id=${guild.track}`)).toEqual(['loom two', 'loom one']);
    expect(await found(mo, guild, 'loom', `&track_id=${guild.track}&author_id=${mo.id}`)).toEqual(['loom two']);
  });

  it('is paged until there are no more results', async () => {
    const guild = await world.guild();
    for (let n = 0; n < 5; n += 1) await say(guild.owner, guild.track, `page ${n}`);
    const contents: string[] = [];
    for (let before: string | null = '9223372036854775807'; before !== null;) {
      const { body } = await ask(guild.owner, guild, 'page', `&limit=2&before=${before}`);
      const result = of<Result>(body);
      contents.push(...result.messages.map(({ content }) => content));
      before = result.before;
    }
    expect(contents).toEqual(['page 4', 'page 3', 'page 2', 'page 1', 'page 0']);
  });

  it('finds the current content of messages, and no deleted ones', async () => {
    const guild = await world.guild();
    const [changed, gone] = [
      await say(guild.owner, guild.track, 'silk'),
      await say(guild.owner, guild.track, 'silk too'),
    ];
    await guild.owner.patch(`/tracks/${guild.track}/messages/${changed}`, { content: 'cotton' });
    await guild.owner.delete(`/tracks/${guild.track}/messages/${gone}`);
    expect(await found(guild.owner, guild, 'silk')).toEqual([]);
    expect(await found(guild.owner, guild, 'cotton')).toEqual(['cotton']);
  });

  it('returns reactions, and whether the user added one', async () => {
    const guild = await world.guild();
    const id = await say(guild.owner, guild.track, 'nice');
    await guild.owner.put(`/tracks/${guild.track}/messages/${id}/reactions/${encodeURIComponent('👍')}/@me`);
    expect((await ask(guild.owner, guild, 'nice')).body).toMatchObject({
      messages: [{ id, reactions: [{ emoji: '👍', count: 1, me: true }] }],
    });
  });

  it('is restricted to the guild, and to its members', async () => {
    const [guild, other] = [await world.guild(), await world.guild()];
    await say(other.owner, other.track, 'elsewhere');
    expect(await found(guild.owner, guild, 'elsewhere')).toEqual([]);
    expect((await ask(guild.owner, guild, 'elsewhere', `&track_id=${other.track}`)).body).toMatchObject({
      code: 'TRACK_NOT_FOUND',
    });
    expect((await ask(guild.owner, other, 'elsewhere')).body).toMatchObject({ code: 'GUILD_NOT_FOUND' });
  });

  it.each(['?!', 'x'.repeat(201)])('rejects the query %p', async (q) => {
    const guild = await world.guild();
    expect((await ask(guild.owner, guild, q)).body).toMatchObject({
      code: 'VALIDATION_FAILED',
      errors: [{ field: 'q' }],
    });
  });
});

describe('messages that the user may not see', () => {
  it('are not found, and do not affect the results', async () => {
    const guild = await world.guild({ members: { mo: [] } });
    const mo = guild.members['mo']!;
    const [hidden, unread] = [
      await addTrack(guild, [denying(guild.id, ViewTrack)]),
      await addTrack(guild, [denying(guild.id, ViewMessageHistory)]),
    ];
    await say(guild.owner, guild.track, 'secret one');
    const before = (await ask(mo, guild, 'secret')).body;
    for (let n = 0; n < 3; n += 1) for (const track of [hidden, unread]) await say(guild.owner, track, 'secret other');
    // Not what is found, not where it goes on, and not what it costs.
    const commands = world.recordCommands();
    expect((await ask(mo, guild, 'secret')).body).toEqual(before);
    expect((await ask(mo, guild, 'other', '&limit=1')).body).toEqual({ messages: [], before: null });
    commands.stop();
    expect(commands.all.filter(({ collection }) => collection === 'messages')).toHaveLength(2);
    expect(await found(guild.owner, guild, 'secret')).toHaveLength(7);
    const [one, none] = [
      (await ask(mo, guild, 'secret', `&track_id=${hidden}`)).body,
      (await ask(mo, guild, 'secret', '&track_id=4242')).body,
    ].map(({ request_id: _request, ...body }) => body as unknown);
    expect(one).toMatchObject({ code: 'TRACK_NOT_FOUND' });
    expect(one).toEqual(none);
    expect((await ask(mo, guild, 'secret', `&track_id=${unread}`)).body).toMatchObject({
      code: 'PERMISSIONS_MISSING',
      permissions: ['VIEW_MESSAGE_HISTORY'],
    });
  });

  it('are not found by the next search after they are hidden', async () => {
    const guild = await world.guild({ members: { mo: [] } });
    const mo = guild.members['mo']!;
    await say(guild.owner, guild.track, 'soon hidden');
    expect(await found(mo, guild, 'hidden')).toHaveLength(1);
    await guild.owner.put(`/tracks/${guild.track}/overwrites/${guild.id}`, {
      type: 'role',
      allow: '0',
      deny: String(ViewTrack),
    });
    expect(await found(mo, guild, 'hidden')).toEqual([]);
  });
});

describe('search in any language', () => {
  it.each([
    ['私は高等学校に行きます', '学校'],
    ['我们去北京', '北京'],
    ['ฉันรักแมวมาก', 'แมว'],
    ['학교에서 만나요', '학교'],
    ['Die STRASSE', 'straße'],
    ['İstanbul’da', 'ISTANBUL'],
    ['ο σοφός', 'ΣΟΦΟΣ'],
    ['שָׁלוֹם', 'שלומ'],
    ['مُحَمَّد', 'محمد'],
    ['Crème brûlée', 'creme brul'],
    ['Her Difference Engine', '"difference engine"'],
    [`${'word '.repeat(300)}needle`, 'needle'],
  ])('finds %j by %j', async (content, q) => {
    const guild = await world.guild();
    await say(guild.owner, guild.track, content);
    await say(guild.owner, guild.track, 'something else');
    expect(await found(guild.owner, guild, q)).toEqual([content.trim() === content ? content : content]);
  });

  it('does not find a word that differs only beyond 32 characters, nor a phrase in another order', async () => {
    const guild = await world.guild();
    await say(guild.owner, guild.track, `${'x'.repeat(40)}a engine difference`);
    expect(await found(guild.owner, guild, `${'x'.repeat(40)}b`)).toEqual([]);
    expect(await found(guild.owner, guild, '"difference engine"')).toEqual([]);
  });
});

describe('search filters', () => {
  it('agree with a comparison of all messages, alone and combined, with and without words', async () => {
    const guild = await world.guild({ roles: { crew: {} }, members: { mo: [], low: ['crew'] } });
    const [mo, low] = [guild.members['mo']!, guild.members['low']!];
    await guild.owner.patch(`/guilds/${guild.id}/roles/${guild.roles['crew']}`, { mentionable: true });
    const other = await addTrack(guild);
    const said: { id: string; author: string; track: string; content: string; mentionsLow: boolean; at: number }[] = [];
    const texts = [
      'plain loom',
      'loom https://example.org/x',
      `loom <@${low.id}>`,
      `<@&${guild.roles['crew']}> see http://a.b`,
      '@everyone loom',
      'nothing',
    ];
    for (const [index, content] of [...texts, ...texts].entries()) {
      const [who, track] = [index % 2 === 0 ? mo : guild.owner, index % 3 === 0 ? other : guild.track];
      const id = await say(who, track, content);
      const mentionsLow =
        content.includes(low.id) || content.includes('<@&') || (content.includes('@everyone') && who === guild.owner);
      said.push({
        id,
        author: who.id,
        track,
        content,
        mentionsLow,
        at: Date.parse(
          of<{ created_at: string }>((await guild.owner.get(`/tracks/${track}/messages/${id}`)).body).created_at,
        ),
      });
    }
    const middle = said[6]!;
    type Test = (message: (typeof said)[number]) => boolean;
    const filters: readonly (readonly (readonly [query: string, test: Test])[])[] = [
      [
        ['', () => true],
        ['q=loom', ({ content }) => content.includes('loom')],
      ],
      [
        ['', () => true],
        [`author_id=${mo.id}`, ({ author }) => author === mo.id],
      ],
      [
        ['', () => true],
        [`track_id=${other}`, ({ track }) => track === other],
      ],
      [
        ['', () => true],
        ['has=link', ({ content }) => content.includes('http')],
        ['has=mention', ({ mentionsLow }) => mentionsLow],
        ['has=link,mention', ({ content, mentionsLow }) => mentionsLow && content.includes('http')],
      ],
      [
        ['', () => true],
        [`before=${middle.id}`, ({ id }) => BigInt(id) < BigInt(middle.id)],
        [
          `before=${encodeURIComponent(new Date(middle.at).toISOString().replace('Z', '+00:00'))}`,
          ({ at }) => at < middle.at,
        ],
      ],
      [
        ['', () => true],
        [`after=${middle.id}`, ({ id }) => BigInt(id) > BigInt(middle.id)],
        [`after=${encodeURIComponent(new Date(middle.at).toISOString())}`, ({ at }) => at >= middle.at],
        ['after=2026-01-01', () => true],
      ],
    ];
    const combinations = filters.reduce<readonly (readonly (readonly [string, Test])[])[]>(
      (before, choices) => before.flatMap((chosen) => choices.map((choice) => [...chosen, choice])),
      [[]],
    );
    for (const combination of combinations) {
      const query = combination
        .map(([part]) => part)
        .filter((part) => part !== '')
        .join('&');
      if (query === '') continue;
      const { body } = await low.get(`/guilds/${guild.id}/messages/search?${query}`);
      const expected = said
        .filter((message) => combination.every(([, test]) => test(message)))
        .map(({ id }) => id)
        .toReversed();
      expect([query, of<Result>(body).messages.map(({ id }) => id), of<Result>(body).before]).toEqual([
        query,
        expected,
        null,
      ]);
    }
  });

  it('apply to the content after an edit', async () => {
    const guild = await world.guild({ members: { mo: [] } });
    const mo = guild.members['mo']!;
    const id = await say(guild.owner, guild.track, `<@${mo.id}> http://a.b`);
    const ids = async (query: string): Promise<string[]> =>
      of<Result>((await mo.get(`/guilds/${guild.id}/messages/search?${query}`)).body).messages.map(
        (message) => message.id,
      );
    expect([await ids('has=mention'), await ids('has=link')]).toEqual([[id], [id]]);
    await guild.owner.patch(`/tracks/${guild.track}/messages/${id}`, { content: 'no more' });
    expect([await ids('has=mention'), await ids('has=link'), await ids(`author_id=${guild.owner.id}`)]).toEqual([
      [],
      [],
      [id],
    ]);
  });

  it('are restricted to tracks whose history the user may read', async () => {
    const guild = await world.guild({ members: { mo: [] } });
    const mo = guild.members['mo']!;
    for (const track of [
      await addTrack(guild, [denying(guild.id, ViewTrack)]),
      await addTrack(guild, [denying(guild.id, ViewMessageHistory)]),
    ])
      await say(guild.owner, track, `<@${mo.id}> http://a.b`);
    for (const query of [
      'has=mention',
      'has=link',
      `author_id=${guild.owner.id}`,
      'after=2026-01-01',
      'before=2099-01-01',
    ])
      expect((await mo.get(`/guilds/${guild.id}/messages/search?${query}`)).body).toEqual({
        messages: [],
        before: null,
      });
  });

  it.each([
    ['', 'q'],
    ['limit=5', 'q'],
    ['has=virus', 'has'],
    ['before=yesterday', 'before'],
    ['after=2026-13-01', 'after'],
    ['before=2026-01-01T00:00:00', 'before'],
  ])('reject %j', async (query, field) => {
    const guild = await world.guild();
    expect((await guild.owner.get(`/guilds/${guild.id}/messages/search?${query}`)).body).toMatchObject({
      code: 'VALIDATION_FAILED',
      errors: [{ field }],
    });
  });
});

describe('a search for frequent words', () => {
  it('reads a thousand candidates at most, and continues from its cursor', async () => {
    const guild = await world.guild();
    await say(guild.owner, guild.track, 'common needles');
    // A word of one letter has no term of its own, so all messages are candidates.
    for (let n = 0; n < 40; n += 1)
      await Promise.all(Array.from({ length: 25 }, () => say(guild.owner, guild.track, 'common hay')));
    const commands = world.recordCommands();
    const { messages, before } = of<Result>((await ask(guild.owner, guild, 'common needles')).body);
    commands.stop();
    // One read for each of the two words: the page of the rarer one has everything.
    expect([
      messages.length,
      before,
      commands.reads.filter(({ collection }) => collection === 'messages').length,
    ]).toEqual([1, null, 2]);
    const first = of<Result>((await ask(guild.owner, guild, 'n')).body);
    expect(first.messages).toEqual([]);
    expect(first.before).not.toBeNull();
    expect(of<Result>((await ask(guild.owner, guild, 'n', `&before=${first.before}`)).body)).toMatchObject({
      messages: [{ content: 'common needles' }],
      before: null,
    });
  });
});
