import type { Connection } from 'mongoose';
import { CommandCounter } from '../../src/database/command-counter';
import { CacheVersions } from '../../src/cache/cache-versions';
import { roleSetOf } from '../../src/members/role-set';
import { AuthorityResolver } from '../../src/permissions/authority-resolver';
import { ask, type Bench, register } from '../support/derailed';
import { median } from '../support/statistics';
import { startBare } from './bare';
import type { Load } from './load';

const ROLES = 20;
const PARALLEL = [1, 32];
const ROUNDS = 5;
const BATCH = 5_000;

let nextId = 1n << 60n;

/** Requests in a second for a guild's roles. */
export interface ReadRow {
  readonly database: string;
  readonly members: number;
  readonly parallel: number;
  readonly warm: number;
  readonly cold: number;
  /** The same handler with neither authentication nor guards. */
  readonly bare: number;
  /** Database commands for one request. */
  readonly warmCommands: number;
  readonly coldCommands: number;
}

/** A guild with so many members, and the token of one who owns nothing. */
async function guildOf(bench: Bench, members: number): Promise<{ guildId: bigint; userId: bigint; token: string }> {
  const [owner, reader] = [await register(bench), await register(bench)];
  const { id } = await ask<{ id: string }>(bench, owner.token, 'POST', '/guilds', { name: 'Reading' });
  for (let created = 1; created < ROLES; created += 1)
    await ask(bench, owner.token, 'POST', `/guilds/${id}/roles`, { name: `role ${created}` });
  const [, track] = await ask<{ id: string }[]>(bench, owner.token, 'GET', `/guilds/${id}/tracks`);
  const { code } = await ask<{ code: string }>(bench, owner.token, 'POST', `/tracks/${track!.id}/invites`, {});
  await ask(bench, reader.token, 'POST', `/invites/${code}`);
  const guildId = BigInt(id);
  const collection = bench.app.get<Connection>('DatabaseConnection').collection('members');
  for (let from = 2; from < members; from += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, members - from) }, () => {
      nextId += 1n;
      const userId = nextId;
      const name = `bench-${userId}`;
      return {
        _id: userId,
        guild_id: guildId,
        user_id: userId,
        nick: null,
        nick_key: null,
        username_key: name,
        name_key: name,
        role_ids: [],
        role_set: roleSetOf([]),
        timed_out_until: null,
      };
    });
    await collection.insertMany(batch as never[]);
  }
  return { guildId, userId: BigInt(reader.id), token: reader.token };
}

/** Reads warm, cold and bare, by turns, in a guild with so many members. */
export async function measureReads(
  bench: Bench,
  load: Load,
  members: number,
  milliseconds: number,
): Promise<ReadRow[]> {
  const { guildId, token } = await guildOf(bench, members);
  const bare = await startBare(await bench.app.get(AuthorityResolver).getGuildState(guildId));
  const cacheVersions = bench.app.get(CacheVersions);
  const remembering = cacheVersions.read.bind(cacheVersions);
  // Nothing is cached while the versions cannot be read.
  const forgetting = (): Promise<undefined> => Promise.resolve(undefined);
  const path = `/api/v1/guilds/${guildId}/roles`;
  const counter = bench.app.get(CommandCounter);

  const rows: ReadRow[] = [];
  for (const parallel of PARALLEL) {
    const rates = { warm: [] as number[], cold: [] as number[], bare: [] as number[] };
    const commands = { warm: 0, cold: 0 };
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const kind of ['warm', 'cold'] as const) {
        cacheVersions.read = kind === 'cold' ? forgetting : remembering;
        let sent = 0;
        const stop = counter.listen(() => (sent += 1));
        const rate = await load.rate({ url: bench.url + path, token, parallel, milliseconds });
        stop();
        rates[kind].push(rate);
        commands[kind] = sent / ((rate * milliseconds) / 1_000);
      }
      rates.bare.push(await load.rate({ url: bare.url + path, token, parallel, milliseconds }));
    }
    cacheVersions.read = remembering;
    rows.push({
      database: bench.database,
      members,
      parallel,
      warm: median(rates.warm),
      cold: median(rates.cold),
      bare: median(rates.bare),
      warmCommands: commands.warm,
      coldCommands: commands.cold,
    });
  }
  await bare.stop();
  return rows;
}
