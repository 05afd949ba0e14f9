import { getModelToken } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { MODELS } from '../src/database/database.module';
import { Permission } from '../src/permissions/compute-permissions';
import { of } from './support/answer';
import { idOf, makeTrack, read } from './support/audit-log';
import type { Client } from './support/client';
import { type HeldWorld, startHeldWorld } from './support/held-world';
import type { PausableProxy } from './support/pausable-proxy';
import type { GuildWorld, World } from './support/world';

const { ModifyTrack, ViewTrack } = Permission;

interface Entry {
  readonly id: string;
  readonly parent_id: string | null;
}

// The guild document is written before the role or track. The second write fails if the role or track has another revision.
describe('a change that writes the guild document and then finds a changed role or track', () => {
  let held: HeldWorld;
  let world: World;
  let wire: PausableProxy;
  let guild: GuildWorld;
  let category: string;
  let client: Client;
  beforeAll(async () => {
    held = await startHeldWorld();
    ({ world, wire } = held);
  });
  afterAll(() => held.stop());
  beforeEach(async () => {
    guild = await world.guild({
      roles: { mover: { allow: ModifyTrack }, gone: {}, high: {} },
      members: { mo: ['mover'], viewer: [] },
    });
    category = await makeTrack(guild, { type: 'category' });
    client = await guild.members['viewer']!.connect();
  });
  afterEach(() => client.close());

  /** Increments a revision while the cached document keeps the old one. */
  const changeUnnoticed = async (model: string, id: string): Promise<void> => {
    const { modifiedCount } = await world.app
      .get<Model<{ _id: bigint; revision: number }>>(getModelToken(model))
      .updateOne({ _id: BigInt(id) }, { $inc: { revision: 1 } });
    expect(modifiedCount).toBe(1);
  };
  const etag = async (): Promise<string> => (await guild.owner.get(`/guilds/${guild.id}/tracks`)).headers['etag']!;
  const isMoved = (track: Entry): boolean => track.id === guild.track && track.parent_id === category;
  const layoutWithMove = ({ layout }: { layout: Entry[] }): boolean => layout.some(isMoved);

  it.each(['without If-Match', 'with If-Match'])('publishes and records the move of a track, %s', async (condition) => {
    const headers: Record<string, string> = condition === 'with If-Match' ? { 'If-Match': await etag() } : {};
    await guild.owner.get(`/tracks/${guild.track}`);
    await changeUnnoticed(MODELS.track, guild.track);
    const { status, body } = await guild.owner.patch(`/tracks/${guild.track}`, { parent_id: category }, headers);
    expect([status, body]).toMatchObject([200, { parent_id: category }]);
    await client.next('TRACKS_REORDER', (data) => layoutWithMove(of(data)));
    const [entry] = await read(guild.owner, guild, 'action=TRACK_UPDATE');
    expect(entry?.changes).toContainEqual({ key: 'parent_id', old: guild.category, new: category });
  });

  it('publishes and records the move of a role', async () => {
    const { gone, high } = guild.roles;
    await changeUnnoticed(MODELS.role, gone!);
    expect((await guild.owner.patch(`/guilds/${guild.id}/roles/${gone}`, { position: 4 })).status).toBe(200);
    await client.next(
      'ROLES_REORDER',
      (data) => of<{ role_ids: string[] }>(data).role_ids.slice(-2).join() === [high, gone].join(),
    );
    const [entry] = await read(guild.owner, guild, 'action=ROLE_UPDATE');
    expect(entry?.changes).toContainEqual({ key: 'position', old: 3, new: 4 });
  });

  it('publishes the move of a track whose overwrite was deleted with its role', async () => {
    const { gone } = guild.roles;
    const overwrite = { type: 'role', allow: '0', deny: String(ViewTrack) };
    expect((await guild.owner.put(`/tracks/${guild.track}/overwrites/${gone}`, overwrite)).status).toBe(200);
    await guild.owner.get(`/tracks/${guild.track}`);
    expect((await guild.owner.delete(`/guilds/${guild.id}/roles/${gone}`)).status).toBe(204);
    const commands = world.recordCommands();
    expect((await guild.owner.patch(`/tracks/${guild.track}`, { parent_id: category })).status).toBe(200);
    commands.stop();
    expect(commands.writes.filter(({ collection }) => collection === 'guilds')).toHaveLength(1);
    await client.next('TRACKS_REORDER', (data) => layoutWithMove(of(data)));
  });

  it('sends the guild again if the actor loses the permission before the second write', async () => {
    const mo = guild.members['mo']!;
    const writing = wire.hold('update', 'tracks');
    const moving = mo.patch(`/tracks/${guild.track}`, { parent_id: category });
    await writing.arrived;
    await changeUnnoticed(MODELS.track, guild.track);
    expect((await guild.owner.delete(`/guilds/${guild.id}/members/${mo.id}`)).status).toBe(204);
    writing.release();
    expect((await moving).status).toBe(404);
    expect(idOf(await guild.owner.get(`/tracks/${guild.track}`))).toBe(guild.track);
    await client.next('GUILD_CREATE', (data) => of<{ tracks: Entry[] }>(data).tracks.some(isMoved));
  });
});
