import { Permission } from '../src/permissions/compute-permissions';
import { type Answer, of } from './support/answer';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

const { AddReactions, DeleteMessages, ViewMessageHistory } = Permission;
/** Twenty-one that differ. */
const MANY = Array.from({ length: 21 }, (_, n) => String.fromCodePoint(0x1f600 + n));

interface Count {
  readonly emoji: string;
  readonly count: number;
  readonly me?: boolean;
}

let world: World;
beforeAll(async () => (world = await World.start()));
afterAll(() => world.stop());

const say = async (who: Person, { track }: GuildWorld): Promise<string> =>
  of<{ id: string }>((await who.post(`/tracks/${track}/messages`, { content: 'x' })).body).id;
const place = ({ track }: GuildWorld, id: string, emoji: string): string =>
  `/tracks/${track}/messages/${id}/reactions/${encodeURIComponent(emoji)}`;
const react = (who: Person, guild: GuildWorld, id: string, emoji = '👍'): Promise<Answer> =>
  who.put(`${place(guild, id, emoji)}/@me`);
const unreact = (who: Person, guild: GuildWorld, id: string, emoji = '👍'): Promise<Answer> =>
  who.delete(`${place(guild, id, emoji)}/@me`);
const counts = async (who: Person, { track }: GuildWorld, id: string): Promise<Count[]> =>
  of<{ reactions: Count[] }>((await who.get(`/tracks/${track}/messages/${id}`)).body).reactions;
const reactors = async (who: Person, guild: GuildWorld, id: string, query = '', emoji = '👍'): Promise<string[]> =>
  of<{ user_id: string }[]>((await who.get(place(guild, id, emoji) + query)).body).map(({ user_id }) => user_id);

describe('reactions', () => {
  it('are in the message with their count and whether the user added one, in the order of the first use of each emoji', async () => {
    const guild = await world.guild({ members: { mo: [] } });
    const mo = guild.members['mo']!;
    const id = await say(mo, guild);
    for (const [who, emoji] of [
      [mo, '👍'],
      [mo, '👍'],
      [guild.owner, '🎉'],
      [guild.owner, '👍'],
    ] as const)
      expect((await react(who, guild, id, emoji)).status).toBe(204);
    expect(await counts(mo, guild, id)).toEqual([
      { emoji: '👍', count: 2, me: true },
      { emoji: '🎉', count: 1, me: false },
    ]);
    const [listed] = of<{ reactions: Count[] }[]>((await guild.owner.get(`/tracks/${guild.track}/messages`)).body);
    expect(listed?.reactions).toEqual([
      { emoji: '👍', count: 2, me: true },
      { emoji: '🎉', count: 1, me: true },
    ]);
    for (let n = 0; n < 2; n += 1) expect((await unreact(mo, guild, id)).status).toBe(204);
    expect((await unreact(guild.owner, guild, id, '🎉')).status).toBe(204);
    expect(await counts(mo, guild, id)).toEqual([{ emoji: '👍', count: 1, me: false }]);
  });

  it('are published once, to members who may view the track', async () => {
    const guild = await world.guild({ members: { mo: [], low: [] } });
    const mo = guild.members['mo']!;
    const hidden = of<{ id: string }>(
      (
        await guild.owner.post(`/guilds/${guild.id}/tracks`, {
          name: 'hidden',
          overwrites: [{ id: guild.id, type: 'role', allow: '0', deny: String(Permission.ViewTrack) }],
        })
      ).body,
    ).id;
    const [id, unseen] = [await say(mo, guild), await say(guild.owner, { ...guild, track: hidden })];
    const [client, owner] = await Promise.all([guild.members['low']!.connect(), guild.owner.connect()]);
    await react(guild.owner, { ...guild, track: hidden }, unseen);
    expect((await react(mo, { ...guild, track: hidden }, unseen)).body).toMatchObject({ code: 'TRACK_NOT_FOUND' });
    for (let n = 0; n < 2; n += 1) await react(mo, guild, id);
    for (let n = 0; n < 2; n += 1) await unreact(mo, guild, id);
    await owner.next('REACTION_REMOVE');
    await world.settle();
    const sent = { guild_id: guild.id, track_id: guild.track, message_id: id, emoji: '👍', user_id: mo.id };
    expect([client.received('REACTION_ADD'), client.received('REACTION_REMOVE')]).toEqual([
      [{ ...sent, count: 1 }],
      [{ ...sent, count: 0 }],
    ]);
    expect(owner.received('REACTION_ADD')).toHaveLength(2);
    client.close();
    owner.close();
  });

  it('require ADD_REACTIONS and a message of the track', async () => {
    const guild = await world.guild({
      roles: { mute: { deny: AddReactions }, blind: { deny: ViewMessageHistory } },
      members: { mo: ['mute'], blind: ['blind'] },
    });
    const id = await say(guild.owner, guild);
    for (const name of ['mo', 'blind'])
      expect((await react(guild.members[name]!, guild, id)).body).toMatchObject({ code: 'PERMISSIONS_MISSING' });
    expect((await react(guild.owner, { ...guild, track: guild.category }, id)).body).toMatchObject({
      code: 'MESSAGE_NOT_FOUND',
    });
    expect(await counts(guild.owner, guild, id)).toEqual([]);
  });

  it.each(['x', '👍👍', '1', '__proto__', 'a.b', '$set', '👍 '])('consist of one emoji, not %p', async (emoji) => {
    const guild = await world.guild();
    expect((await react(guild.owner, guild, await say(guild.owner, guild), emoji)).body).toMatchObject({
      code: 'VALIDATION_FAILED',
      errors: [{ field: 'emoji' }],
    });
  });

  it.each(['❤️', '1️⃣', '🇫🇷', '👩🏻‍❤️‍💋‍👨🏽', '🏴󠁧󠁢󠁥󠁮󠁧󠁿'])('may be %s, of any number of code points', async (emoji) => {
    const guild = await world.guild();
    const id = await say(guild.owner, guild);
    expect((await react(guild.owner, guild, id, emoji)).status).toBe(204);
    expect(await counts(guild.owner, guild, id)).toEqual([{ emoji, count: 1, me: true }]);
  });

  it('are limited to twenty emojis, also for concurrent requests, until one is removed', async () => {
    const guild = await world.guild({ members: { mo: [] } });
    const mo = guild.members['mo']!;
    const id = await say(mo, guild);
    const answers = await Promise.all(MANY.map((emoji) => react(mo, guild, id, emoji)));
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(20);
    expect(answers.find(({ status }) => status !== 204)?.body).toMatchObject({
      code: 'REACTION_LIMIT_REACHED',
      limit: 20,
    });
    const [first] = await counts(mo, guild, id);
    expect((await react(guild.owner, guild, id, first!.emoji)).status).toBe(204);
    for (const who of [mo, guild.owner]) await unreact(who, guild, id, first!.emoji);
    const refused = MANY[answers.findIndex(({ status }) => status !== 204)]!;
    expect((await react(mo, guild, id, refused)).status).toBe(204);
  });

  it('are neither lost nor duplicated by concurrent additions and removals', async () => {
    const guild = await world.guild({
      members: Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`m${n}`, []])),
    });
    const people = Object.values(guild.members);
    const id = await say(guild.owner, guild);
    for (let round = 0; round < 6; round += 1) {
      await Promise.all(
        people.flatMap((who, n) => [
          react(who, guild, id),
          (n + round) % 2 ? unreact(who, guild, id) : react(who, guild, id),
          ...(round === 3 && n === 0 ? [guild.owner.delete(place(guild, id, '👍'))] : []),
        ]),
      );
      const who = await reactors(guild.owner, guild, id);
      expect((await counts(guild.owner, guild, id)).map(({ count }) => count)).toEqual(
        who.length > 0 ? [who.length] : [],
      );
    }
    for (const who of people) await unreact(who, guild, id);
    expect(await counts(guild.owner, guild, id)).toEqual([]);
  });

  it('cost the same with one or many users', async () => {
    const guild = await world.guild({ members: { a: [], b: [], c: [] } });
    const id = await say(guild.owner, guild);
    const costs: string[][] = [];
    for (const who of Object.values(guild.members)) {
      const commands = world.recordCommands();
      await react(who, guild, id);
      commands.stop();
      // Who asks and what they may is read when a node doesn't remember it, however many reacted.
      costs.push(
        commands.all
          .filter(({ collection }) => collection === 'messages' || collection === 'reactions')
          .map(({ name, collection }) => `${name} ${collection}`),
      );
    }
    expect(costs[2]).toEqual(costs[1]);
    expect(costs[1]).toEqual([
      'find messages',
      'find reactions',
      'findAndModify messages',
      'insert reactions',
      'find messages',
      'find reactions',
    ]);
  });
});

describe('the users of a reaction', () => {
  it('are paged by their ids', async () => {
    const guild = await world.guild({ members: { a: [], b: [] } });
    const people = [guild.owner, guild.members['a']!, guild.members['b']!];
    const id = await say(guild.owner, guild);
    for (const who of people) await react(who, guild, id);
    expect(await reactors(guild.owner, guild, id, '?limit=2')).toEqual(people.slice(0, 2).map((who) => who.id));
    expect(await reactors(guild.owner, guild, id, `?limit=2&after=${people[1]!.id}`)).toEqual([people[2]!.id]);
    expect(await reactors(guild.owner, guild, id, '', '🎉')).toEqual([]);
  });

  it('are all removed when a member with DELETE_MESSAGES clears an emoji, and start from zero', async () => {
    const guild = await world.guild({ roles: { mod: { allow: DeleteMessages } }, members: { mod: ['mod'], mo: [] } });
    const { mod, mo } = guild.members as Record<'mod' | 'mo', Person>;
    const id = await say(guild.owner, guild);
    for (const who of [mod, mo]) await react(who, guild, id);
    await react(mo, guild, id, '🎉');
    expect((await mo.delete(place(guild, id, '👍'))).body).toMatchObject({ code: 'PERMISSIONS_MISSING' });
    const client = await mo.connect();
    expect((await mod.delete(place(guild, id, '👍'))).status).toBe(204);
    expect(await client.next('REACTION_REMOVE')).toMatchObject({ message_id: id, emoji: '👍', user_id: null });
    expect(await counts(mo, guild, id)).toEqual([{ emoji: '🎉', count: 1, me: true }]);
    expect(await reactors(mo, guild, id)).toEqual([]);
    await react(mo, guild, id);
    expect(await counts(mo, guild, id)).toEqual([
      { emoji: '🎉', count: 1, me: true },
      { emoji: '👍', count: 1, me: true },
    ]);
    client.close();
  });

  it('are removed by one command when messages are deleted', async () => {
    const guild = await world.guild({ members: { mo: [] } });
    const ids = [await say(guild.owner, guild), await say(guild.owner, guild)];
    for (const id of ids) for (const emoji of ['👍', '🎉']) await react(guild.members['mo']!, guild, id, emoji);
    const commands = world.recordCommands();
    await guild.owner.post(`/tracks/${guild.track}/messages/bulk-delete`, { message_ids: ids });
    commands.stop();
    expect(commands.writes.filter(({ collection }) => collection === 'reactions').map(({ name }) => name)).toEqual([
      'delete',
    ]);
    expect((await react(guild.members['mo']!, guild, ids[0]!)).body).toMatchObject({ code: 'MESSAGE_NOT_FOUND' });
  });
});
