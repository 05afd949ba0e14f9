import { getConnectionToken } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import { Permission } from '../src/permissions/compute-permissions';
import { of } from './support/answer';
import { eventually } from './support/eventually';
import { type GuildWorld, World } from './support/world';

let world: World;
beforeAll(async () => (world = await World.start()));
afterAll(() => world.stop());

/** Returns the number of documents of a guild in each collection whose documents belong to guilds. */
async function countDocuments(guildId: string): Promise<Record<string, number>> {
  const { models } = world.app.get<Connection>(getConnectionToken());
  const ofGuilds = Object.values(models).filter(({ schema }) => 'guild_id' in schema.paths);
  const counts = await Promise.all(
    ofGuilds.map(async ({ collection }) => {
      const documents = await collection.find({ guild_id: BigInt(guildId) } as object).toArray();
      return [collection.name, documents.length] as const;
    }),
  );
  return Object.fromEntries(counts);
}

/** Creates at least one document of the guild in every collection. */
async function fill({ owner, members, track, id, roles }: GuildWorld): Promise<void> {
  const { id: messageId } = of<{ id: string }>((await owner.post(`/tracks/${track}/messages`, { content: 'a' })).body);
  const { id: deletedId } = of<{ id: string }>((await owner.post(`/tracks/${track}/messages`, { content: 'b' })).body);
  const answers = [
    await owner.put(`/tracks/${track}/messages/${messageId}/reactions/%F0%9F%91%8D/@me`),
    await owner.put(`/tracks/${track}/pins/${messageId}`),
    await owner.delete(`/tracks/${track}/messages/${deletedId}`),
    await owner.put(`/tracks/${track}/read-state`, { message_id: messageId }),
    await owner.post(`/tracks/${track}/invites`, {}),
    await owner.put(`/guilds/${id}/bans/${members['banned']!.id}`, {}),
    await owner.delete(`/guilds/${id}/members/${members['muted']!.id}`),
    await owner.patch(`/guilds/${id}/roles/${roles['muted']!}`, { name: 'Muted' }),
  ];
  expect(answers.map(({ status }) => status).filter((status) => status >= 300)).toEqual([]);
}

describe('DELETE /guilds/:guild_id', () => {
  it('deletes the documents of the guild in every collection, and no document of another guild', async () => {
    const plan = {
      roles: { muted: { deny: Permission.CreateMessage } },
      members: { banned: [], muted: ['muted'], a: [] },
    };
    const [guild, other] = [await world.guild(plan), await world.guild(plan)];
    await fill(guild);
    await fill(other);
    const before = await countDocuments(other.id);
    expect(Object.entries(before).filter(([, count]) => count === 0)).toEqual([]);
    expect((await guild.owner.delete(`/guilds/${guild.id}`)).status).toBe(204);
    await eventually(async () =>
      expect(Object.entries(await countDocuments(guild.id)).filter(([, count]) => count > 0)).toEqual([]),
    );
    expect(await countDocuments(other.id)).toEqual(before);
  });
});
