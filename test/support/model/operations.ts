import { Permission } from '../../../src/permissions/compute-permissions';
import type { Account, Method } from './api';
import type { Random } from './random';
import type { Member, Role, Track } from './replica';

/** What operations choose from: the guild as its owner sees it, and the people around it. */
export interface Scene {
  readonly random: Random;
  readonly guildId: string;
  readonly owner: Account;
  readonly people: readonly Account[];
  readonly roles: readonly Role[];
  readonly tracks: readonly Track[];
  readonly members: readonly Member[];
  readonly bannedIds: readonly string[];
  /** Returns the code of an invite that works. */
  invite(): Promise<string>;
}

/** One request of a random operation. */
export interface Request {
  readonly actor: Account;
  readonly method: Method;
  readonly path: string;
  readonly body?: unknown;
  /** A time to wait for after the request, in milliseconds since 1970. */
  readonly untilMs?: number;
}

type Operation = (scene: Scene) => Request | undefined | Promise<Request | undefined>;

const { Administrator, BanMembers, CreateMessage, ManageRoles, ModifyGuild, ViewMessageHistory, ViewTrack } =
  Permission;
const IN_TRACKS = [ViewTrack, ViewTrack, ViewTrack, CreateMessage, ViewMessageHistory];
const IN_GUILD = [...IN_TRACKS, ViewTrack, ViewTrack, BanMembers, ModifyGuild, ModifyGuild, ManageRoles];
const MOST = { roles: 6, tracks: 10, named: 2 };
const HOUR_MS = 3_600_000;
const SHORT_MS = 250;
let names = 0;

/** Returns random disjoint `allow` and `deny`. */
function permissionsOf(random: Random, among: readonly bigint[]): { allow: string; deny: string } {
  let [allow, deny] = [0n, 0n];
  for (let left = random.integer(0, 2); left > 0; left -= 1) {
    const bit = random.pick(among) ?? 0n;
    if (((allow | deny) & bit) !== 0n) continue;
    if (random.chance(0.5)) allow |= bit;
    else deny |= bit;
  }
  return { allow: String(allow), deny: String(deny) };
}

const rolePermissions = (random: Random): { allow: string; deny: string } =>
  permissionsOf(random, random.chance(0.05) ? [Administrator] : IN_GUILD);

// Members with an overwrite share nothing with others, so few members have one at a time.
const subject = ({ random, roles, tracks, members }: Scene): { id: string; type: 'role' | 'member' } => {
  if (random.chance(0.5)) return { id: random.pick(roles)!.id, type: 'role' };
  const named = tracks.flatMap(({ overwrites }) =>
    overwrites.filter(({ type }) => type === 'member').map(({ id }) => id),
  );
  const few = members.filter(({ user_id: id }) => named.includes(id));
  return { id: random.pick(few.length < MOST.named ? members : few)!.user_id, type: 'member' };
};

const categories = ({ tracks }: Scene): (string | null)[] => [
  null,
  ...tracks.flatMap(({ id, type }) => (type === 'category' ? [id] : [])),
];
const ownRoles = ({ roles, guildId }: Scene): Role[] => roles.filter(({ id }) => id !== guildId);
const others = ({ members, owner }: Scene): Member[] => members.filter(({ user_id: id }) => id !== owner.id);
const accountOf = ({ people }: Scene, { user_id: id }: Member): Account | undefined =>
  people.find((account) => account.id === id);
const by = ({ owner }: Scene, method: Method, path: string, body?: unknown): Request => ({
  actor: owner,
  method,
  path,
  ...(body !== undefined && { body }),
});
const name = (): string => `t${(names += 1)}`;

/** A random place for a track; a category stays outside of categories. */
function placeOf(
  scene: Scene,
  type: Track['type'],
  isPartial: boolean,
): { parent_id?: string | null; position?: number } {
  const { random } = scene;
  const isPlaced = random.chance(0.6);
  return {
    ...(type === 'text' && (!isPartial || random.chance(0.6)) && { parent_id: random.pick(categories(scene))! }),
    ...((isPlaced || isPartial) && { position: random.integer(1, 5) }),
  };
}

function memberOperation(change: (scene: Scene, member: Member) => Request | undefined): Operation {
  return (scene) => {
    const member = scene.random.pick(others(scene));
    return member && change(scene, member);
  };
}

function trackOperation(change: (scene: Scene, track: Track) => Request | undefined): Operation {
  return (scene) => {
    const track = scene.random.pick(scene.tracks);
    return track && change(scene, track);
  };
}

function roleOperation(change: (scene: Scene, role: Role) => Request | undefined): Operation {
  return (scene) => {
    const role = scene.random.pick(ownRoles(scene));
    return role && change(scene, role);
  };
}

const atMember = ({ guildId }: Scene, { user_id: id }: Member): string => `/guilds/${guildId}/members/${id}`;

/** Every kind of operation on the guild, with how often it is chosen. */
const OPERATIONS: readonly (readonly [number, Operation])[] = [
  [
    3,
    (scene) =>
      scene.roles.length >= MOST.roles
        ? undefined
        : by(scene, 'POST', `/guilds/${scene.guildId}/roles`, {
            name: name(),
            ...rolePermissions(scene.random),
            ...(scene.random.chance(0.5) && { position: scene.random.integer(2, scene.roles.length + 1) }),
          }),
  ],
  [
    4,
    (scene) =>
      by(
        scene,
        'PATCH',
        `/guilds/${scene.guildId}/roles/${scene.random.pick(scene.roles)!.id}`,
        scene.random.chance(0.2) ? { name: name() } : rolePermissions(scene.random),
      ),
  ],
  [
    2,
    roleOperation((scene, { id }) =>
      by(scene, 'PATCH', `/guilds/${scene.guildId}/roles/${id}`, {
        position: scene.random.integer(2, scene.roles.length),
        ...rolePermissions(scene.random),
      }),
    ),
  ],
  [
    3,
    roleOperation((scene, { id }) =>
      by(scene, 'PATCH', `/guilds/${scene.guildId}/roles`, [
        { id, position: scene.random.integer(2, scene.roles.length) },
      ]),
    ),
  ],
  [1, roleOperation((scene, { id }) => by(scene, 'DELETE', `/guilds/${scene.guildId}/roles/${id}`))],
  [
    3,
    memberOperation((scene, member) => {
      const isTaken = scene.random.chance(0.6);
      const id = scene.random.pick(
        ownRoles(scene)
          .map((role) => role.id)
          .filter((roleId) => member.role_ids.includes(roleId) === isTaken),
      );
      return id === undefined
        ? undefined
        : by(scene, isTaken ? 'DELETE' : 'PUT', `${atMember(scene, member)}/roles/${id}`);
    }),
  ],
  [
    2,
    memberOperation((scene, member) =>
      by(scene, 'PATCH', atMember(scene, member), {
        role_ids: ownRoles(scene)
          .map(({ id }) => id)
          .filter(() => scene.random.chance(0.1)),
      }),
    ),
  ],
  [
    12,
    trackOperation((scene, { id }) => {
      const about = subject(scene);
      return by(scene, 'PUT', `/tracks/${id}/overwrites/${about.id}`, {
        type: about.type,
        ...permissionsOf(scene.random, IN_TRACKS),
      });
    }),
  ],
  [
    8,
    (scene) => {
      const track = scene.random.pick(scene.tracks.filter(({ overwrites }) => overwrites.length > 0));
      const overwrite = track && scene.random.pick(track.overwrites);
      return overwrite && by(scene, 'DELETE', `/tracks/${track.id}/overwrites/${overwrite.id}`);
    },
  ],
  [
    5,
    (scene) => {
      const type = scene.random.chance(0.3) ? 'category' : 'text';
      const about = scene.random.chance(0.5) ? subject(scene) : undefined;
      const overwrites = [
        ...(scene.random.chance(0.3) ? [{ id: scene.guildId, type: 'role', allow: '0', deny: String(ViewTrack) }] : []),
        ...(about && about.id !== scene.guildId ? [{ ...about, ...permissionsOf(scene.random, IN_TRACKS) }] : []),
      ];
      if (scene.tracks.length >= MOST.tracks) return undefined;
      return by(scene, 'POST', `/guilds/${scene.guildId}/tracks`, {
        name: name(),
        type,
        inherits: scene.random.chance(0.7),
        ...placeOf(scene, type, false),
        overwrites,
      });
    },
  ],
  [2, trackOperation((scene, { id }) => by(scene, 'PATCH', `/tracks/${id}`, { name: name(), topic: name() }))],
  [3, trackOperation((scene, { id, inherits }) => by(scene, 'PATCH', `/tracks/${id}`, { inherits: !inherits }))],
  [4, trackOperation((scene, { id, type }) => by(scene, 'PATCH', `/tracks/${id}`, placeOf(scene, type, true)))],
  [
    4,
    (scene) => {
      const moved = scene.tracks.filter(() => scene.random.chance(0.3));
      const moves = moved.map(({ id, type }) => ({
        id,
        ...placeOf(scene, type, false),
        ...(scene.random.chance(0.3) && { inherits: scene.random.chance(0.5) }),
      }));
      return moves.length === 0 ? undefined : by(scene, 'PATCH', `/guilds/${scene.guildId}/tracks`, moves);
    },
  ],
  [
    3,
    (scene) => {
      const track = scene.random.pick(
        scene.random.chance(0.5) ? scene.tracks.filter(({ type }) => type === 'category') : scene.tracks,
      );
      return track && scene.tracks.length > 3 ? by(scene, 'DELETE', `/tracks/${track.id}`) : undefined;
    },
  ],
  [
    4,
    (scene) => {
      const timedOut = scene.members.find((member) => member.timed_out_until !== null);
      if (timedOut) return by(scene, 'PATCH', atMember(scene, timedOut), { timed_out_until: null });
      const member = scene.random.pick(others(scene));
      return (
        member &&
        by(scene, 'PATCH', atMember(scene, member), { timed_out_until: new Date(Date.now() + HOUR_MS).toISOString() })
      );
    },
  ],
  [
    1,
    memberOperation((scene, member) => {
      const untilMs = Date.now() + SHORT_MS;
      return {
        ...by(scene, 'PATCH', atMember(scene, member), { timed_out_until: new Date(untilMs).toISOString() }),
        untilMs,
      };
    }),
  ],
  [3, memberOperation((scene, { user_id: id }) => by(scene, 'PATCH', `/guilds/${scene.guildId}`, { owner_id: id }))],
  [1, (scene) => by(scene, 'PATCH', `/guilds/${scene.guildId}`, { name: name() })],
  [1, memberOperation((scene, member) => by(scene, 'PATCH', atMember(scene, member), { nick: name() }))],
  [1, memberOperation((scene, member) => by(scene, 'DELETE', atMember(scene, member)))],
  [1, memberOperation((scene, { user_id: id }) => by(scene, 'PUT', `/guilds/${scene.guildId}/bans/${id}`, {}))],
  [
    1,
    memberOperation((scene, member) => {
      const actor = accountOf(scene, member);
      return actor && { actor, method: 'DELETE', path: `/users/@me/guilds/${scene.guildId}` };
    }),
  ],
  [
    2,
    (scene) => {
      const id = scene.random.pick(scene.bannedIds);
      return id === undefined ? undefined : by(scene, 'DELETE', `/guilds/${scene.guildId}/bans/${id}`);
    },
  ],
  [
    6,
    async (scene) => {
      const actor = scene.random.pick(
        scene.people.filter(
          ({ id }) => !scene.bannedIds.includes(id) && !scene.members.some(({ user_id: member }) => member === id),
        ),
      );
      return actor && { actor, method: 'POST', path: `/invites/${await scene.invite()}` };
    },
  ],
];

const ALL = OPERATIONS.flatMap(([weight, operation]) => Array.from({ length: weight }, () => operation));

/** Chooses a random operation that is possible now. One in eight is attempted by a member who is not the owner. */
export async function chooseRequest(scene: Scene): Promise<Request> {
  for (;;) {
    const request = await scene.random.pick(ALL)!(scene);
    if (!request) continue;
    const other = scene.random.chance(0.12) ? scene.random.pick(others(scene)) : undefined;
    return request.actor === scene.owner && other
      ? { ...request, actor: accountOf(scene, other) ?? request.actor }
      : request;
  }
}
