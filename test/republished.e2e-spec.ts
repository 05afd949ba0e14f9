import { parseSnowflake } from '../src/common/snowflake';
import type { MutationTarget } from '../src/cluster/mutation';
import { EventRepublisher } from '../src/recovery/event-republisher';
import { of } from './support/answer';
import type { Client } from './support/client';
import { type GuildWorld, World } from './support/world';

const EMOJI = encodeURIComponent('👍');

/** What a request is known by that was under way, and what it did. */
interface Act {
  readonly targets: readonly MutationTarget[];
  readonly run: (guild: GuildWorld) => Promise<{ readonly names: Record<string, string>; readonly code?: string }>;
  readonly event: string;
  /** The event that is published again, if it is another one. */
  readonly again?: string;
}

const invited = async ({ owner, track }: GuildWorld): Promise<string> =>
  of<{ code: string }>((await owner.post(`/tracks/${track}/invites`, {})).body).code;
const said = async ({ owner, track }: GuildWorld): Promise<string> =>
  of<{ id: string }>((await owner.post(`/tracks/${track}/messages`, { content: 'hello' })).body).id;

const acts: Record<string, Act> = {
  'an invite': {
    targets: ['created_invites'],
    event: 'INVITE_CREATE',
    run: async (guild) => ({ names: { track_id: guild.track }, code: await invited(guild) }),
  },
  'the end of an invite': {
    targets: ['invite'],
    event: 'INVITE_DELETE',
    run: async (guild) => {
      const code = await invited(guild);
      await guild.owner.delete(`/invites/${code}`);
      return { names: {}, code };
    },
  },
  'a ban': {
    targets: ['bans', 'members', 'guild'],
    event: 'BAN_CREATE',
    run: async ({ id, owner, members }) => {
      await owner.put(`/guilds/${id}/bans/${members['mo']!.id}`, {});
      return { names: { guild_id: id, user_id: members['mo']!.id } };
    },
  },
  'the end of a ban': {
    targets: ['bans'],
    event: 'BAN_DELETE',
    run: async ({ id, owner, members }) => {
      await owner.put(`/guilds/${id}/bans/${members['mo']!.id}`, {});
      await owner.delete(`/guilds/${id}/bans/${members['mo']!.id}`);
      return { names: { guild_id: id, user_id: members['mo']!.id } };
    },
  },
  'a reaction': {
    targets: ['messages'],
    event: 'REACTION_ADD',
    again: 'MESSAGE_UPDATE',
    run: async (guild) => {
      const id = await said(guild);
      await guild.owner.put(`/tracks/${guild.track}/messages/${id}/reactions/${EMOJI}/@me`);
      return { names: { track_id: guild.track, message_id: id } };
    },
  },
  'a pin': {
    targets: ['messages'],
    event: 'PINS_UPDATE',
    run: async (guild) => {
      const id = await said(guild);
      await guild.owner.put(`/tracks/${guild.track}/pins/${id}`);
      return { names: { track_id: guild.track, message_id: id } };
    },
  },
};

// Each change is made and published, and then published again as if its node had crashed before.
describe('an unpublished event of a node that has crashed', () => {
  let world: World;
  let guild: GuildWorld;
  let client: Client;
  beforeAll(async () => (world = await World.start()));
  afterAll(() => world.stop());
  beforeEach(async () => {
    guild = await world.guild({ members: { mo: [] } });
    client = await guild.owner.connect();
  });
  afterEach(() => client.close());

  it.each(Object.entries(acts))(
    'is published by another node: %s',
    async (_, { targets, run, event, again = event }) => {
      const atMs = Date.now();
      const { names, code } = await run(guild);
      await client.next(event);
      client.clear();
      const ids = Object.fromEntries(Object.entries(names).map(([name, id]) => [name, [parseSnowflake(id)!]]));
      await world.app.get(EventRepublisher).republish(
        [
          {
            userId: parseSnowflake(guild.owner.id)!,
            atMs,
            targets,
            ids: ids,
            ...(code !== undefined && { code }),
          },
        ],
        new Set(),
      );
      // The preceding change is published again as well.
      const sent = await client.next(again, (data) => code === undefined || data['code'] === code);
      if (event.startsWith('BAN_')) expect(sent).toMatchObject({ user_id: names['user_id'] });
      if (again === 'MESSAGE_UPDATE')
        expect(sent).toMatchObject({ id: names['message_id'], reactions: [{ count: 1 }] });
      if (event === 'PINS_UPDATE') expect(sent).toMatchObject({ message_ids: [names['message_id']] });
    },
  );
});
