import type { Connection } from 'mongoose';
import { sessionKey } from '../../src/auth/account';
import { SessionsService } from '../../src/auth/sessions.service';
import { SnowflakeService } from '../../src/common/snowflake.service';
import { parseEnvironment } from '../../src/config/config.service';
import { CommandCounter } from '../../src/database/command-counter';
import { type Derailed, bootstrap } from '../../src/bootstrap';
import { EventLog } from '../../src/events/event-log';
import { EventsService } from '../../src/events/events.service';
import { roleSetOf } from '../../src/members/role-set';
import { toMessageDto } from '../../src/messages/messages.service';
import { Permission } from '../../src/permissions/compute-permissions';
import { ask, register } from '../support/derailed';
import { now, serve, weigh } from './child';

const BATCH = 2_000;
const AT_ONCE = 16;

/** A guild and those who are in it, by their tokens; they have so many different sets of roles. */
export interface Crowd {
  readonly guildId: bigint;
  readonly trackId: bigint;
  readonly ownerToken: string;
  readonly tokens: readonly string[];
}

/** What to publish: so many messages in a track. */
interface Publication {
  readonly guildId: bigint;
  readonly trackId: bigint;
  readonly count: number;
}

const CONTENT = 'What people say is about as long as this most of the time, and now and then a good deal longer.';

let derailed: Derailed | undefined;

function node(): Derailed {
  if (!derailed) throw new Error('The node was not started.');
  return derailed;
}

async function start(environment: Record<string, string>): Promise<number> {
  derailed = await bootstrap(parseEnvironment({ PORT: '0', LOG_LEVEL: 'error', ...environment }));
  return Number(new URL(derailed.url).port);
}

/** Makes a guild through the API, and its members as they would be stored. */
async function gather({ people, audiences }: { people: number; audiences: number }): Promise<Crowd> {
  const { app } = node();
  const bench = { ...node(), database: 'embedded' };
  const owner = await register(bench);
  const { id } = await ask<{ id: string }>(bench, owner.token, 'POST', '/guilds', { name: 'Crowd' });
  const [, track] = await ask<{ id: string }[]>(bench, owner.token, 'GET', `/guilds/${id}/tracks`);
  const roleSets: bigint[][] = [[]];
  while (roleSets.length < audiences)
    roleSets.push([
      BigInt(
        (
          await ask<{ id: string }>(bench, owner.token, 'POST', `/guilds/${id}/roles`, {
            name: 'role',
            allow: String(Permission.PinMessages),
          })
        ).id,
      ),
    ]);
  const guildId = BigInt(id);
  const connection = app.get<Connection>('DatabaseConnection');
  const documents = Array.from({ length: people }, (_, index) =>
    memberOf(app.get(SnowflakeService), app.get(SessionsService), guildId, roleSets[index % audiences]!),
  );
  for (let from = 0; from < people; from += BATCH) {
    const batch = documents.slice(from, from + BATCH);
    for (const name of ['users', 'members'] as const)
      await connection.collection(name).insertMany(batch.map((each) => each[name]));
  }
  const tokens = documents.map(({ token }) => token);
  return { guildId, trackId: BigInt(track!.id), ownerToken: owner.token, tokens };
}

/** A member as the database stores one, and the token of a session. */
function memberOf(
  snowflakes: SnowflakeService,
  sessions: SessionsService,
  guildId: bigint,
  roleIds: bigint[],
): { readonly users: object; readonly members: object; readonly token: string } {
  const userId = snowflakes.next();
  const username = `someone-${userId}`;
  const email = `${username}@example.org`;
  const { token, session, record } = sessions.issue(userId, { address: '127.0.0.1', userAgent: 'bench' });
  const names = { username_key: username, username_version: 1 };
  return {
    users: {
      _id: userId,
      username,
      ...names,
      username_keys: [username],
      email,
      email_key: email,
      password_hash: '',
      sessions: { [sessionKey(session.id)]: record },
      known_addresses: [],
      presence: 'online',
      guild_ids: [guildId],
    },
    members: {
      _id: snowflakes.next(),
      guild_id: guildId,
      user_id: userId,
      nick: null,
      nick_key: null,
      ...names,
      name_key: username,
      role_ids: roleIds,
      role_set: roleSetOf(roleIds),
      timed_out_until: null,
    },
    token,
  };
}

const message = ({ guildId, trackId }: Publication) =>
  toMessageDto({
    _id: node().app.get(SnowflakeService).next(),
    guild_id: guildId,
    track_id: trackId,
    author_id: guildId,
    content: CONTENT,
    reply_to_id: null,
    edited_at: null,
  });

/** Publishes messages that were never written. @returns when it began, and what it took of this process until all were handed to the network */
async function publish(publication: Publication): Promise<{ sentAt: number; busyMs: number }> {
  const { guildId, trackId, count } = publication;
  const events = node().app.get(EventsService);
  const sentAt = now();
  let left = count;
  const one = async (): Promise<void> => {
    for (; left > 0;) {
      left -= 1;
      await events.publish('MESSAGE_CREATE', { guildId, trackId }, message(publication));
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, one));
  await node().app.get(EventLog).drain();
  return { sentAt, busyMs: now() - sentAt };
}

/** What a message looks like to clients. */
const sample = (publication: Publication): unknown => JSON.parse(JSON.stringify(message(publication)));

/** Commands that the database was sent so far. */
function commands(): number {
  const { reads, writes } = node().app.get(CommandCounter).totals;
  return reads + writes;
}

/** What a node does for the benchmark. */
export interface NodeDeeds {
  start: typeof start;
  gather: typeof gather;
  publish: typeof publish;
  sample: typeof sample;
  commands: (nothing: undefined) => number;
  weigh: (nothing: undefined) => ReturnType<typeof weigh>;
}

serve({ start, gather, publish, sample, commands, weigh } satisfies Record<keyof NodeDeeds, unknown>);
