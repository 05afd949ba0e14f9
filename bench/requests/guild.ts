import { ask, register } from '../support/derailed';
import type { Server } from './server';

const ROLES = 200;
const TRACKS = 500;
const OVERWRITES = 100;
const PINS = 50;
const PARALLEL = 10;

/** A guild at its limits, and ids for the parameters of all routes. */
export interface FullGuild {
  readonly token: string;
  /** A member who shares nothing with the owner but the guild. */
  readonly otherToken: string;
  readonly params: Readonly<Record<string, string>>;
}

/** Creates a guild with all roles, tracks, overwrites, pins and a page of long messages. */
export async function fullGuild(server: Server): Promise<FullGuild> {
  const { id: userId, token } = await register(server);
  const other = await register(server);
  const call = <Body>(method: string, path: string, body?: unknown): Promise<Body> =>
    ask<Body>(server, token, method, path, body);
  const { id: guildId } = await call<{ id: string }>('POST', '/guilds', { name: 'Full' });
  const roles = await inParallel(ROLES - 1, (index) =>
    call<{ id: string }>('POST', `/guilds/${guildId}/roles`, { name: `role ${index}`.padEnd(60, '.') }),
  );
  const overwrites = roles.slice(0, OVERWRITES).map(({ id }) => ({ id, type: 'role', allow: '1024', deny: '4096' }));
  const existing = await call<{ id: string; type: string }[]>('GET', `/guilds/${guildId}/tracks`);
  await inParallel(TRACKS - existing.length, (index) =>
    call('POST', `/guilds/${guildId}/tracks`, { name: `track-${index}`, topic: 'x'.repeat(500), overwrites }),
  );
  const trackId = existing.find(({ type }) => type === 'text')!.id;
  const messages = await inParallel(100, (index) =>
    call<{ id: string }>('POST', `/tracks/${trackId}/messages`, {
      content: `${index} ${'steam engine '.repeat(150)}`.slice(0, 2_000),
    }),
  );
  await inParallel(PINS, (index) => call('PUT', `/tracks/${trackId}/pins/${messages[index]!.id}`));
  const { code } = await call<{ code: string }>('POST', `/tracks/${trackId}/invites`, {});
  await ask(server, other.token, 'POST', `/invites/${code}`);
  const params = {
    guild_id: guildId,
    track_id: trackId,
    role_id: roles[0]!.id,
    user_id: userId,
    id: roles[0]!.id,
    message_id: messages[0]!.id,
    code,
    emoji: '👍',
    session_id: '1',
  };
  return { token, otherToken: other.token, params };
}

async function inParallel<Result>(count: number, task: (index: number) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      results[index] = await task(index);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return results;
}
