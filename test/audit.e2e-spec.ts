import { Permission } from '../src/permissions/compute-permissions';
import { type Answer, of } from './support/answer';
import { actionsSeenBy, type Entry, idOf, invite, makeTrack, read, say, THUMB } from './support/audit-log';
import { type GuildMutation, type GuildWorld, World } from './support/world';

const { Administrator, BanMembers, CreateMessage, DeleteMessages, ViewAuditLog } = Permission;

type Headers = Record<string, string>;

let world: World;
beforeAll(async () => (world = await World.start()));
afterAll(() => world.stop());

/** Something that is recorded: what has to be there before, how it is done, and what the log then tells. */
interface Act {
  readonly prepare?: (guild: GuildWorld) => Promise<string>;
  readonly act: (guild: GuildWorld, headers: Headers, prepared: string) => Promise<Answer>;
  readonly expected: (guild: GuildWorld, prepared: string, answer: Answer) => Partial<Entry>;
}

const change = (key: string, old: unknown, now: unknown): Entry['changes'][number] => ({ key, old, new: now });
const overwrite = ({ owner, track, roles }: GuildWorld, deny: bigint, headers: Headers = {}): Promise<Answer> =>
  owner.put(`/tracks/${track}/overwrites/${roles['a']}`, { type: 'role', allow: '0', deny: String(deny) }, headers);
const inTrack = ({ track }: GuildWorld, target_id: string, ...changes: Entry['changes']): Partial<Entry> => ({
  target_id,
  track_ids: [track],
  changes,
});

const ACTS: Record<string, Act> = {
  GUILD_UPDATE: {
    act: ({ id, owner }, headers) => owner.patch(`/guilds/${id}`, { name: 'Other', description: '' }, headers),
    expected: () => ({ target_id: null, changes: [change('name', 'Engines', 'Other')] }),
  },
  ROLE_CREATE: {
    act: ({ id, owner }, headers) => owner.post(`/guilds/${id}/roles`, { name: 'new', allow: '2048' }, headers),
    expected: (_, __, answer) => ({
      target_id: idOf(answer),
      changes: [
        change('name', null, 'new'),
        change('color', null, 0),
        change('hoist', null, false),
        change('mentionable', null, false),
        change('allow', null, '2048'),
        change('deny', null, '0'),
        change('position', null, 2),
      ],
    }),
  },
  ROLE_UPDATE: {
    act: ({ id, owner, roles }, headers) =>
      owner.patch(`/guilds/${id}/roles/${roles['a']}`, { name: 'other', deny: '1024', position: 3 }, headers),
    expected: ({ roles }) => ({
      target_id: roles['a']!,
      changes: [change('name', 'a', 'other'), change('deny', '0', '1024'), change('position', 2, 3)],
    }),
  },
  ROLE_DELETE: {
    act: ({ id, owner, roles }, headers) => owner.delete(`/guilds/${id}/roles/${roles['b']}`, undefined, headers),
    expected: ({ roles }) => ({
      target_id: roles['b']!,
      changes: expect.arrayContaining([change('name', 'b', null), change('position', 3, null)]) as Entry['changes'],
    }),
  },
  ROLES_REORDER: {
    // Only what was moved, not what made room for it.
    act: ({ id, owner, roles }, headers) =>
      owner.patch(`/guilds/${id}/roles`, [{ id: roles['a'], position: 3 }], headers),
    expected: ({ roles }) => ({ target_id: null, changes: [{ id: roles['a']!, ...change('position', 2, 3) }] }),
  },
  TRACK_CREATE: {
    act: ({ id, owner, category, roles }, headers) =>
      owner.post(
        `/guilds/${id}/tracks`,
        { name: 'new', parent_id: category, overwrites: [{ id: roles['a'], type: 'role', allow: '0', deny: '1024' }] },
        headers,
      ),
    expected: ({ category, roles }, _, answer) => ({
      target_id: idOf(answer),
      track_ids: [idOf(answer)],
      changes: expect.arrayContaining([
        change('name', null, 'new'),
        change('parent_id', null, category),
        change('position', null, 2),
        change('overwrites', [], [{ id: roles['a'], type: 'role', allow: '0', deny: '1024' }]),
      ]) as Entry['changes'],
    }),
  },
  TRACK_UPDATE: {
    act: ({ owner, track }, headers) =>
      owner.patch(`/tracks/${track}`, { topic: 'first', parent_id: null, slowmode_seconds: 5 }, headers),
    expected: (guild) =>
      inTrack(
        guild,
        guild.track,
        change('parent_id', guild.category, null),
        change('position', 1, 2),
        change('topic', '', 'first'),
        change('slowmode_seconds', 0, 5),
      ),
  },
  TRACK_DELETE: {
    act: ({ owner, track }, headers) => owner.delete(`/tracks/${track}`, undefined, headers),
    expected: ({ track, category }) => ({
      target_id: track,
      track_ids: [],
      changes: expect.arrayContaining([
        change('name', 'general', null),
        change('parent_id', category, null),
      ]) as Entry['changes'],
    }),
  },
  TRACKS_REORDER: {
    prepare: (guild) => makeTrack(guild, {}),
    act: ({ id, owner, track, category }, headers, other) =>
      owner.patch(
        `/guilds/${id}/tracks`,
        [{ id: track, parent_id: null, inherits: false }, { id: other, position: 1 }, { id: category }],
        headers,
      ),
    expected: ({ track, category }, other) => ({
      target_id: null,
      track_ids: [track, other, category],
      changes: [
        { id: track, ...change('parent_id', category, null) },
        { id: track, ...change('inherits', true, false) },
        { id: track, ...change('position', 1, 3) },
        { id: other, ...change('position', 2, 1) },
        { id: category, ...change('position', 1, 2) },
      ],
    }),
  },
  OVERWRITE_UPDATE: {
    prepare: async (guild) => String((await overwrite(guild, CreateMessage)).status),
    act: (guild, headers) => overwrite(guild, DeleteMessages, headers),
    expected: (guild) =>
      inTrack(guild, guild.roles['a']!, change('deny', String(CreateMessage), String(DeleteMessages))),
  },
  OVERWRITE_DELETE: {
    prepare: async (guild) => String((await overwrite(guild, CreateMessage)).status),
    act: ({ owner, track, roles }, headers) =>
      owner.delete(`/tracks/${track}/overwrites/${roles['a']}`, undefined, headers),
    expected: (guild) =>
      inTrack(
        guild,
        guild.roles['a']!,
        change('type', 'role', null),
        change('allow', '0', null),
        change('deny', String(CreateMessage), null),
      ),
  },
  MEMBER_UPDATE: {
    act: ({ id, owner, members }, headers) =>
      owner.patch(`/guilds/${id}/members/${members['mo']!.id}`, { nick: 'Countess', timed_out_until: null }, headers),
    expected: ({ members }) => ({ target_id: members['mo']!.id, changes: [change('nick', null, 'Countess')] }),
  },
  MEMBER_ROLES_UPDATE: {
    act: ({ id, owner, members, roles }, headers) =>
      owner.patch(`/guilds/${id}/members/${members['mo']!.id}`, { role_ids: [roles['b']] }, headers),
    expected: ({ members, roles }) => ({
      target_id: members['mo']!.id,
      changes: [change('role_ids', [roles['a']], [roles['b']])],
    }),
  },
  MEMBER_KICK: {
    act: ({ id, owner, members }, headers) =>
      owner.delete(`/guilds/${id}/members/${members['mo']!.id}`, undefined, headers),
    expected: ({ members }) => ({ target_id: members['mo']!.id, changes: [] }),
  },
  BAN_CREATE: {
    act: ({ id, owner, members }, headers) =>
      owner.put(`/guilds/${id}/bans/${members['mo']!.id}`, { reason: 'Theirs.', delete_message_seconds: 60 }, headers),
    expected: ({ members }) => ({
      target_id: members['mo']!.id,
      changes: [change('reason', null, 'Theirs.'), change('delete_message_seconds', null, 60)],
    }),
  },
  BAN_DELETE: {
    prepare: async ({ id, owner, members }) =>
      String((await owner.put(`/guilds/${id}/bans/${members['mo']!.id}`, {})).status),
    act: ({ id, owner, members }, headers) =>
      owner.delete(`/guilds/${id}/bans/${members['mo']!.id}`, undefined, headers),
    expected: ({ members }) => ({ target_id: members['mo']!.id, changes: [] }),
  },
  INVITE_CREATE: {
    // A reader of the log may lack the permission to invite: the entry does not contain the code.
    act: ({ owner, track }, headers) =>
      owner.post(`/tracks/${track}/invites`, { max_uses: 3, max_age_seconds: 0 }, headers),
    expected: ({ track }) => ({ target_id: null, track_ids: [track], changes: [change('max_uses', null, 3)] }),
  },
  INVITE_DELETE: {
    prepare: (guild) => invite(guild, guild.track),
    act: ({ owner }, headers, code) => owner.delete(`/invites/${code}`, undefined, headers),
    expected: ({ owner, track }, code) => ({
      target_id: null,
      track_ids: [track],
      changes: expect.arrayContaining([
        change('code', code, null),
        change('inviter_id', owner.id, null),
        change('uses', 0, null),
      ]) as Entry['changes'],
    }),
  },
  MESSAGE_DELETE: {
    prepare: ({ members, track }) => say(members['mo']!, track),
    act: ({ owner, track }, headers, message) =>
      owner.delete(`/tracks/${track}/messages/${message}`, undefined, headers),
    expected: (guild, message) => inTrack(guild, message, change('author_id', guild.members['mo']!.id, null)),
  },
  MESSAGES_DELETE: {
    prepare: async ({ members, track }) => [await say(members['mo']!, track), await say(members['mo']!, track)].join(),
    act: ({ owner, track }, headers, messages) =>
      owner.post(`/tracks/${track}/messages/bulk-delete`, { message_ids: [...messages.split(','), '1'] }, headers),
    expected: (guild) => inTrack(guild, guild.track, change('message_count', 2, null)),
  },
  PIN_ADD: {
    prepare: ({ members, track }) => say(members['mo']!, track),
    act: ({ owner, track }, headers, message) => owner.put(`/tracks/${track}/pins/${message}`, undefined, headers),
    expected: (guild, message) => inTrack(guild, message),
  },
  PIN_REMOVE: {
    prepare: async ({ owner, track }) => {
      const message = await say(owner, track);
      await owner.put(`/tracks/${track}/pins/${message}`);
      return message;
    },
    act: ({ owner, track }, headers, message) => owner.delete(`/tracks/${track}/pins/${message}`, undefined, headers),
    expected: (guild, message) => inTrack(guild, message),
  },
  REACTIONS_CLEAR: {
    prepare: async ({ owner, track }) => {
      const message = await say(owner, track);
      await owner.put(`/tracks/${track}/messages/${message}/reactions/${THUMB}/@me`);
      return message;
    },
    act: ({ owner, track }, headers, message) =>
      owner.delete(`/tracks/${track}/messages/${message}/reactions/${THUMB}`, undefined, headers),
    expected: (guild, message) => inTrack(guild, message, change('emoji', '👍', null)),
  },
};

const PLAN: GuildMutation = { roles: { a: {}, b: {} }, members: { mo: ['a'] } };

describe('the audit log of changes', () => {
  it('contains every documented action', async () => {
    const { components } = of<{
      components: { schemas: Record<string, { properties: { action: { enum: string[] } } }> };
    }>((await world.ask('get', '/docs/openapi.json')).body);
    expect(Object.keys(ACTS).sort()).toEqual(components.schemas['AuditEntry']!.properties.action.enum.toSorted());
  });

  it.each(Object.entries(ACTS))('contains one entry, written once: %s', async (action, { prepare, act, expected }) => {
    const guild = await world.guild(PLAN);
    const { owner } = guild;
    const prepared = (await prepare?.(guild)) ?? '';
    const before = await read(owner, guild);
    const refused = await act(guild, { 'x-audit-reason': '%zz' }, prepared);
    expect(refused).toMatchObject({
      status: 400,
      body: { code: 'VALIDATION_FAILED', errors: [{ field: 'X-Audit-Reason' }] },
    });
    expect(await read(owner, guild)).toEqual(before);

    const commands = world.recordCommands();
    const answer = await act(guild, { 'x-audit-reason': encodeURIComponent(`Für ${action}, “so”`) }, prepared);
    commands.stop();

    expect([answer.status < 300, answer.body]).toMatchObject([true, {}]);
    const [entry, ...others] = await read(owner, guild);
    expect(others).toEqual(before);
    expect(entry).toMatchObject({
      guild_id: guild.id,
      user_id: owner.id,
      action,
      track_ids: [],
      reason: `Für ${action}, “so”`,
      ...expected(guild, prepared, answer),
    });
    expect(commands.writes.filter(({ collection }) => collection === 'audit_entries').map(({ name }) => name)).toEqual([
      'insert',
    ]);
    if (answer.headers['etag'])
      expect(commands.writes.filter(({ collection }) => collection === 'guilds')).toHaveLength(1);
  });

  it('has no reason if none was given, and the own reason of a ban', async () => {
    const guild = await world.guild(PLAN);
    await guild.owner.put(`/guilds/${guild.id}/bans/${guild.members['mo']!.id}`, { reason: 'Sold snake oil.' });
    await guild.owner.patch(`/guilds/${guild.id}`, { name: 'Other' });
    expect((await read(guild.owner, guild)).slice(0, 2)).toMatchObject([
      { action: 'GUILD_UPDATE', reason: null },
      { action: 'BAN_CREATE', reason: 'Sold snake oil.' },
    ]);
  });

  it('has two entries if a member gets both a nick and a role', async () => {
    const guild = await world.guild(PLAN);
    const before = await read(guild.owner, guild);
    await guild.owner.patch(`/guilds/${guild.id}/members/${guild.members['mo']!.id}`, {
      nick: 'Countess',
      role_ids: [],
    });
    const entries = await read(guild.owner, guild);
    expect(
      entries
        .slice(0, -before.length)
        .map(({ action }) => action)
        .sort(),
    ).toEqual(['MEMBER_ROLES_UPDATE', 'MEMBER_UPDATE']);
  });
});

describe('a change that is rejected, or changes nothing', () => {
  const NOTHING: Record<string, (guild: GuildWorld) => Promise<Answer>> = {
    'a change without the permission': ({ id, members }) => members['mo']!.patch(`/guilds/${id}`, { name: 'Mine' }),
    'a change that is based on an older state': ({ id, owner }) =>
      owner.patch(`/guilds/${id}`, { name: 'Late' }, { 'if-match': '"1"' }),
    'a role that is made of permissions that overlap': ({ id, owner }) =>
      owner.post(`/guilds/${id}/roles`, { name: 'x', allow: '1', deny: '1' }),
    'the same name of a guild': ({ id, owner }) => owner.patch(`/guilds/${id}`, { name: 'Engines' }),
    'the same role': ({ id, owner, roles }) =>
      owner.patch(`/guilds/${id}/roles/${roles['a']}`, { name: 'a', allow: String(BanMembers), position: 2 }),
    'what a role would do': ({ id, owner, roles }) =>
      owner.patch(`/guilds/${id}/roles/${roles['a']}?dry_run=true`, { allow: '1' }),
    'the same order of roles': ({ id, owner, roles }) =>
      owner.patch(`/guilds/${id}/roles`, [{ id: roles['b'], position: 3 }]),
    'the same order of tracks': ({ id, owner, track }) =>
      owner.patch(`/guilds/${id}/tracks`, [{ id: track, position: 9 }]),
    'the same track': ({ owner, track }) => owner.patch(`/tracks/${track}`, { name: 'general', inherits: true }),
    'the same overwrite': (guild) => overwrite(guild, CreateMessage),
    'what an overwrite would do': ({ owner, track, roles }) =>
      owner.delete(`/tracks/${track}/overwrites/${roles['a']}?dry_run=true`),
    'an overwrite that isn’t there': ({ owner, track, roles }) =>
      owner.delete(`/tracks/${track}/overwrites/${roles['b']}`),
    'a role that somebody has already': ({ id, owner, members, roles }) =>
      owner.put(`/guilds/${id}/members/${members['mo']!.id}/roles/${roles['a']}`),
    'a role that somebody doesn’t have': ({ id, owner, members, roles }) =>
      owner.delete(`/guilds/${id}/members/${members['mo']!.id}/roles/${roles['b']}`),
    'one’s own nick': ({ id, members }) => members['mo']!.patch(`/guilds/${id}/members/@me`, { nick: 'Mo' }),
    'a kick of a missing member': ({ id, owner }) => owner.delete(`/guilds/${id}/members/1`),
    leaving: ({ id, members }) => members['low']!.delete(`/users/@me/guilds/${id}`),
    'a ban out of reach': ({ id, owner, members }) => members['mo']!.put(`/guilds/${id}/bans/${owner.id}`, {}),
    'the same ban': ({ id, owner, members }) =>
      owner.put(`/guilds/${id}/bans/${members['bad']!.id}`, { reason: 'Theirs.' }),
    'the end of no ban': ({ id, owner, members }) => owner.delete(`/guilds/${id}/bans/${members['mo']!.id}`),
    'an invite that isn’t there': ({ owner }) => owner.delete('/invites/nothing'),
    'one’s own message': async ({ owner, track }) =>
      owner.delete(`/tracks/${track}/messages/${await say(owner, track)}`),
    'a message that isn’t there': ({ owner, track }) => owner.delete(`/tracks/${track}/messages/1`),
    'messages that aren’t there': ({ owner, track }) =>
      owner.post(`/tracks/${track}/messages/bulk-delete`, { message_ids: ['1', '2'] }),
    'a message that is pinned already': async ({ owner, track }) =>
      owner.put(
        `/tracks/${track}/pins/${of<{ id: string }[]>((await owner.get(`/tracks/${track}/pins`)).body)[0]!.id}`,
      ),
    'a pin of no message': ({ owner, track }) => owner.put(`/tracks/${track}/pins/1`),
    'a message that isn’t pinned': ({ owner, track }) => owner.delete(`/tracks/${track}/pins/1`),
    'reactions that do not exist': async ({ owner, track }) =>
      owner.delete(`/tracks/${track}/messages/${await say(owner, track)}/reactions/${THUMB}`),
  };

  it('is not recorded', async () => {
    const guild = await world.guild({
      roles: { a: { allow: BanMembers }, b: {} },
      members: { mo: ['a'], low: [], bad: [] },
    });
    await overwrite(guild, CreateMessage);
    await guild.owner.put(`/guilds/${guild.id}/bans/${guild.members['bad']!.id}`, { reason: 'Theirs.' });
    await guild.owner.put(`/tracks/${guild.track}/pins/${await say(guild.owner, guild.track)}`);
    const before = await read(guild.owner, guild);
    for (const [what, act] of Object.entries(NOTHING)) {
      await act(guild);
      expect([what, await read(guild.owner, guild)]).toEqual([what, before]);
    }
  });
});

describe('the audit log reason', () => {
  const rename = (guild: GuildWorld, name: string, header: string): Promise<Answer> =>
    guild.owner.patch(`/guilds/${guild.id}`, { name }, { 'x-audit-reason': header });

  const LONGEST = '雪'.repeat(512);

  it.each([
    ['%E2%98%83', '☃'],
    ['plain words, 100%25', 'plain words, 100%'],
    ['a+b', 'a+b'],
    [encodeURIComponent(LONGEST), LONGEST],
  ])('is URL-decoded: %#', async (header, reason) => {
    const guild = await world.guild();
    expect((await rename(guild, 'Other', header)).status).toBe(200);
    expect((await read(guild.owner, guild))[0]).toMatchObject({ action: 'GUILD_UPDATE', reason });
  });

  it.each(['%', '%ff', '%C3%28', 'caf\u00e9', '%0A', '%20', encodeURIComponent(`${LONGEST}!`)])(
    'is rejected if it is not URL-encoded, or is no line of up to 512 characters, and nothing changes: %#',
    async (header) => {
      const guild = await world.guild();
      expect(await rename(guild, 'Other', header)).toMatchObject({
        status: 400,
        body: { code: 'VALIDATION_FAILED', errors: [{ field: 'X-Audit-Reason' }] },
      });
      expect((await guild.owner.get(`/guilds/${guild.id}`)).body).toMatchObject({ name: 'Engines' });
    },
  );

  it('is documented for every route that reads it', async () => {
    const { paths } = of<{ paths: Record<string, Record<string, { parameters?: { in: string; name: string }[] }>> }>(
      (await world.ask('get', '/docs/openapi.json')).body,
    );
    const routes = Object.values(paths).flatMap((item) => Object.values(item));
    const audited = routes.filter(({ parameters = [] }) =>
      parameters.some(({ in: place, name }) => place === 'header' && name === 'X-Audit-Reason'),
    );
    // Members are changed, and their roles given and taken: three routes, two actions.
    expect(audited).toHaveLength(Object.keys(ACTS).length + 1);
  });
});

describe('GET /guilds/:guild_id/audit-log', () => {
  const rename = async ({ id, owner }: GuildWorld, count: number): Promise<void> => {
    for (let n = 0; n < count; n += 1) await owner.patch(`/guilds/${id}`, { name: `Engines ${n}` });
  };

  it('requires VIEW_AUDIT_LOG', async () => {
    const guild = await world.guild({
      roles: { auditor: { allow: ViewAuditLog } },
      members: { mo: ['auditor'], low: [] },
    });
    expect((await guild.members['low']!.get(`/guilds/${guild.id}/audit-log`)).body).toMatchObject({
      status: 403,
      code: 'PERMISSIONS_MISSING',
    });
    expect((await (await world.person()).get(`/guilds/${guild.id}/audit-log`)).body).toMatchObject({
      status: 404,
      code: 'GUILD_NOT_FOUND',
    });
    expect(await actionsSeenBy(guild.members['mo']!, guild)).toContain('ROLE_CREATE');
  });

  it('is paged from the newest entry on, and returns entries of this guild only', async () => {
    const guild = await world.guild();
    await (await world.guild()).owner.patch(`/guilds/${guild.id}`, { name: 'Elsewhere' });
    await rename(guild, 5);
    const all = await read(guild.owner, guild);
    expect(all.map(({ changes }) => changes[0]!.new)).toEqual([
      'Engines 4',
      'Engines 3',
      'Engines 2',
      'Engines 1',
      'Engines 0',
      0,
    ]);
    const [first, second] = [
      await read(guild.owner, guild, 'limit=2'),
      await read(guild.owner, guild, `limit=2&before=${all[1]!.id}`),
    ];
    expect([...first, ...second]).toEqual(all.slice(0, 4));
    expect(await read(guild.owner, guild, `before=${all.at(-1)!.id}`)).toEqual([]);
  });

  it('filters by actor, by action and by both', async () => {
    const guild = await world.guild({ roles: { admin: { allow: Administrator } }, members: { mo: ['admin'] } });
    const mo = guild.members['mo']!;
    await mo.patch(`/guilds/${guild.id}`, { name: 'Mo’s' });
    await mo.post(`/guilds/${guild.id}/roles`, { name: 'new' });
    await rename(guild, 1);
    expect((await read(guild.owner, guild, `user_id=${mo.id}`)).map(({ action }) => action)).toEqual([
      'ROLE_CREATE',
      'GUILD_UPDATE',
    ]);
    expect((await read(mo, guild, 'action=GUILD_UPDATE')).map(({ user_id }) => user_id)).toEqual([
      guild.owner.id,
      mo.id,
    ]);
    expect(await read(mo, guild, `action=GUILD_UPDATE&user_id=${mo.id}`)).toMatchObject([
      { changes: [{ new: 'Mo’s' }] },
    ]);
  });

  it.each(['limit=0', 'limit=101', 'action=NOTHING', 'before=x', 'user_id=x', 'after=1'])(
    'rejects invalid parameters: %s',
    async (query) => {
      const guild = await world.guild();
      expect((await guild.owner.get(`/guilds/${guild.id}/audit-log?${query}`)).body).toMatchObject({
        status: 400,
        code: 'VALIDATION_FAILED',
      });
    },
  );

  it('is not found after the guild is deleted', async () => {
    const guild = await world.guild();
    const commands = world.recordCommands();
    await guild.owner.delete(`/guilds/${guild.id}`);
    commands.stop();
    expect(commands.writes.filter(({ collection }) => collection === 'audit_entries').map(({ name }) => name)).toEqual([
      'delete',
    ]);
  });

  it('costs one query per page, for any filter and any number of tracks', async () => {
    const alone = await World.start({}, 1);
    const guild = await alone.guild({ roles: { auditor: { allow: ViewAuditLog } }, members: { mo: ['auditor'] } });
    for (let created = 0; created < 210; created += 10)
      await Promise.all(Array.from({ length: 10 }, () => makeTrack(guild, {})));
    const mo = guild.members['mo']!;
    const newest = await read(mo, guild, 'limit=1');
    expect(newest).toMatchObject([{ action: 'TRACK_CREATE' }]);
    for (const query of ['', 'action=TRACK_CREATE', `user_id=${guild.owner.id}&before=${newest[0]!.id}`]) {
      const commands = alone.recordCommands();
      expect(await read(mo, guild, query)).toHaveLength(50);
      commands.stop();
      // The session and the permissions of the reader are loaded again after ten seconds.
      const queries = commands.all.filter(
        ({ collection }) => !['guilds', 'members', 'roles', 'tracks', 'users'].includes(collection),
      );
      expect(queries.map(({ name, collection }) => `${name} ${collection}`)).toEqual(['find audit_entries']);
    }
    await alone.stop();
  });
});
