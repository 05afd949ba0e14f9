import { getModelToken } from '@nestjs/mongoose';
import type { Model } from 'mongoose';
import { LIMITS } from '../../src/common/limits';
import { MODELS } from '../../src/database/database.module';
import { storedFieldsOf, type StoredGuild } from '../../src/guilds/guild.schema';
import type { RoleDocument } from '../../src/roles/role.schema';
import type { TrackDocument } from '../../src/tracks/track.schema';
import type { GuildWorld, World } from './world';

/** A guild with as many roles, tracks and overwrites as a guild may have. */
export interface FullGuild extends GuildWorld {
  readonly trackIds: readonly string[];
  readonly roleIds: readonly string[];
}

const modelOf = <Document>(world: World, name: string): Model<Document> =>
  world.app.get<Model<Document>>(getModelToken(name));

/**
 * Creates a guild at its limits. The documents are written directly, because creating them with requests takes minutes: start a node of its own
 * afterwards, which has nothing of the guild cached.
 */
export async function fullGuild(world: World): Promise<FullGuild> {
  const guild = await world.guild({ members: { member: [] } });
  const guildId = BigInt(guild.id);
  const roleIds = Array.from({ length: LIMITS.roles - 1 }, (_, index) => guildId + 1_000_000n + BigInt(index));
  const trackIds = Array.from({ length: LIMITS.tracks - 2 }, (_, index) => guildId + 2_000_000n + BigInt(index));
  const roles = roleIds.map((_id, index): object => ({
    _id,
    guild_id: guildId,
    name: `Role ${index}`,
    color: 0,
    hoist: false,
    mentionable: false,
    allow: 0n,
    deny: 0n,
    revision: 1,
  }));
  const overwrites = roleIds
    .slice(0, LIMITS.overwrites)
    .map((id) => ({ id, type: 'role', allow: 1_024n, deny: 4_096n }));
  const tracks = trackIds.map((_id, index): object => ({
    _id,
    guild_id: guildId,
    type: 'text',
    name: `track-${index}`,
    topic: 'x'.repeat(500),
    nsfw: false,
    slowmode_seconds: 0,
    overwrites,
    revision: 1,
  }));
  await modelOf<RoleDocument>(world, MODELS.role).collection.insertMany(roles);
  await modelOf<TrackDocument>(world, MODELS.track).collection.insertMany(tracks);
  const layout = [
    { id: BigInt(guild.category), parent_id: null, inherits: true },
    { id: BigInt(guild.track), parent_id: BigInt(guild.category), inherits: true },
    ...trackIds.map((id) => ({ id, parent_id: null, inherits: true })),
  ];
  const fields = storedFieldsOf({ role_ids: [guildId, ...roleIds] as never, track_layout: layout as never });
  await modelOf<StoredGuild>(world, MODELS.guild).collection.updateOne({ _id: guildId } as object, {
    $set: fields,
    $inc: { version: 1 },
  });
  return { ...guild, trackIds: trackIds.map(String), roleIds: roleIds.map(String) };
}
