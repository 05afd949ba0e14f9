import fc from 'fast-check';
import {
  has,
  minus,
  NO_PERMISSIONS,
  type Overwrite,
  Permission,
  type PermissionSet,
  union,
} from '../src/permissions/compute-permissions';
import { AuthorityResolver } from '../src/permissions/authority-resolver';
import type { GuildState, GuildTracks } from '../src/permissions/guild-state';
import { type Answer, of } from './support/answer';
import { overwriteAbout, someOf } from './support/arbitraries';
import type { Person } from './support/person';
import { type GuildWorld, World } from './support/world';

// Each generated action is a dry run, a request and a comparison of all permissions. GENERATED_GUILDS sets their number.
jest.setTimeout(240_000);

/*
 * Random people with random permissions send random requests to the real application. After each, no member may have gained permissions by an own request,
 * or have given others more permissions in the guild than the member has; and the result must equal the dry run before it.
 */

const {
  BanMembers,
  CreateInvites,
  CreateMessage,
  CreateTrack,
  DeleteTracks,
  KickMembers,
  ManageRoles,
  ModifyTrack,
  TimeoutMembers,
  ViewTrack,
} = Permission;
const GUILDS = Number(process.env['GENERATED_GUILDS'] ?? 12);
const REQUESTS = 60;
const USERS = ['ada', 'bob', 'cleo'] as const;
const ROLES = ['low', 'middle', 'working', 'high'] as const;
const WORKING = union(
  ManageRoles,
  ModifyTrack,
  DeleteTracks,
  CreateTrack,
  KickMembers,
  BanMembers,
  TimeoutMembers,
  CreateInvites,
  ViewTrack,
);

const says = overwriteAbout(someOf(CreateMessage, ViewTrack, ManageRoles, ModifyTrack, KickMembers, CreateTrack));

/** What somebody may do in the guild, and in each track. */
interface Held {
  readonly guild: PermissionSet;
  readonly tracks: ReadonlyMap<bigint, PermissionSet>;
}

/** What there is to choose from, as it is before a request. */
interface Scene {
  readonly guild: GuildWorld;
  readonly state: GuildState;
  readonly tracks: GuildTracks;
  readonly actor: Person;
  readonly target: Person;
  readonly one: number;
  readonly other: number;
  readonly says: Overwrite;
}

interface Request {
  readonly method: 'post' | 'put' | 'patch' | 'delete';
  readonly path: string;
  readonly body?: object;
  /** Whether it takes `dry_run`. */
  readonly isForeseen?: true;
}

const pick = <Value>(values: readonly Value[], index: number): Value => values[index % values.length]!;
const text = ({ allow, deny }: Overwrite): { allow: string; deny: string } => ({
  allow: String(allow),
  deny: String(deny),
});
const roleOf = ({ state, one }: Scene): bigint => pick(state.guild.role_ids, one);
const trackOf = ({ tracks, one }: Scene): bigint => pick([...tracks.keys()], one);
const categoryOf = ({ tracks, other }: Scene): string | null =>
  pick([null, ...[...tracks.values()].filter(({ type }) => type === 'category').map(({ _id }) => String(_id))], other);

/** Whom an overwrite is about: a role, or a member. */
function subjectOf({ state, actor, target, other }: Scene): { id: string; type: 'role' | 'member' } {
  const ids = [...state.guild.role_ids.map(String), actor.id, target.id];
  const index = other % ids.length;
  return { id: ids[index]!, type: index < state.guild.role_ids.length ? 'role' : 'member' };
}

const REQUESTED: Record<string, (scene: Scene) => Request> = {
  'make a role': ({ guild, other, says: said, state }) => ({
    method: 'post',
    path: `/guilds/${guild.id}/roles`,
    body: { name: 'new', position: 2 + (other % state.guild.role_ids.length), ...text(said) },
  }),
  'edit a role': (scene) => ({
    method: 'patch',
    path: `/guilds/${scene.guild.id}/roles/${roleOf(scene)}`,
    body: text(scene.says),
    isForeseen: true,
  }),
  'move a role': (scene) => ({
    method: 'patch',
    path: `/guilds/${scene.guild.id}/roles`,
    body: [
      { id: String(roleOf(scene)), position: 2 + (scene.other % Math.max(1, scene.state.guild.role_ids.length - 1)) },
    ],
    isForeseen: true,
  }),
  'delete a role': (scene) => ({ method: 'delete', path: `/guilds/${scene.guild.id}/roles/${roleOf(scene)}` }),
  'give a role': (scene) => ({
    method: 'put',
    path: `/guilds/${scene.guild.id}/members/${scene.target.id}/roles/${roleOf(scene)}`,
  }),
  'take a role': (scene) => ({
    method: 'delete',
    path: `/guilds/${scene.guild.id}/members/${scene.target.id}/roles/${roleOf(scene)}`,
  }),
  'drop a role': (scene) => ({
    method: 'delete',
    path: `/guilds/${scene.guild.id}/members/${scene.actor.id}/roles/${roleOf(scene)}`,
  }),
  'set roles': ({ guild, target, state, one, other }) => ({
    method: 'patch',
    path: `/guilds/${guild.id}/members/${target.id}`,
    body: {
      role_ids: state.guild.role_ids
        .slice(1)
        .filter((_, index) => (one + index * other) % 3 > 0)
        .map(String),
    },
  }),
  'put an overwrite': (scene) => {
    const { id, type } = subjectOf(scene);
    return {
      method: 'put',
      path: `/tracks/${trackOf(scene)}/overwrites/${id}`,
      body: { type, ...text(scene.says) },
      isForeseen: true,
    };
  },
  'delete an overwrite': (scene) => {
    const [track] = [...scene.tracks.values()].filter(({ overwrites }) => overwrites.length > 0).slice(scene.one % 2);
    return {
      method: 'delete',
      path: `/tracks/${track?._id ?? trackOf(scene)}/overwrites/${track?.overwrites[0]?.id ?? subjectOf(scene).id}`,
      isForeseen: true,
    };
  },
  'make a track': (scene) => ({
    method: 'post',
    path: `/guilds/${scene.guild.id}/tracks`,
    body: {
      name: 'new',
      type: pick(['text', 'text', 'category'], scene.one),
      parent_id: scene.one % 3 === 2 ? null : categoryOf(scene),
      overwrites: scene.other % 2 ? [{ ...subjectOf(scene), ...text(scene.says) }] : [],
    },
  }),
  'move a track': (scene) => ({
    method: 'patch',
    path: `/guilds/${scene.guild.id}/tracks`,
    body: [{ id: String(trackOf(scene)), parent_id: categoryOf(scene), position: 1 + (scene.other % 3) }],
    isForeseen: true,
  }),
  'cut a track off': (scene) => ({
    method: 'patch',
    path: `/tracks/${trackOf(scene)}`,
    body: { inherits: scene.other % 2 === 0 },
    isForeseen: true,
  }),
  'delete a track': (scene) => ({ method: 'delete', path: `/tracks/${trackOf(scene)}` }),
  'time out': ({ guild, target, other }) => ({
    method: 'patch',
    path: `/guilds/${guild.id}/members/${target.id}`,
    body: { timed_out_until: other % 2 ? null : new Date(Date.now() + 3_600_000).toISOString() },
  }),
  'end one’s time-out': ({ guild, actor }) => ({
    method: 'patch',
    path: `/guilds/${guild.id}/members/${actor.id}`,
    body: { timed_out_until: null },
  }),
  kick: ({ guild, target }) => ({ method: 'delete', path: `/guilds/${guild.id}/members/${target.id}` }),
  ban: ({ guild, target }) => ({ method: 'put', path: `/guilds/${guild.id}/bans/${target.id}`, body: {} }),
  unban: ({ guild, target }) => ({ method: 'delete', path: `/guilds/${guild.id}/bans/${target.id}` }),
  leave: ({ guild }) => ({ method: 'delete', path: `/users/@me/guilds/${guild.id}` }),
  join: ({ guild }) => ({ method: 'post', path: `/invites/${guild.invite}` }),
  'become the owner': ({ guild, actor }) => ({
    method: 'patch',
    path: `/guilds/${guild.id}`,
    body: { owner_id: actor.id },
  }),
};
// Some make the guild smaller or empty; they shall not be all that happens.
const KINDS = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...Object.keys(REQUESTED)) },
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      'edit a role',
      'delete an overwrite',
      'move a role',
      'give a role',
      'put an overwrite',
      'move a track',
      'make a role',
      'make a track',
      'join',
      'join',
      'unban',
    ),
  },
);

const requests = fc.record({
  kind: KINDS,
  actor: fc.constantFrom(...USERS),
  target: fc.constantFrom(...USERS),
  one: fc.nat(11),
  other: fc.nat(11),
  says,
});

interface Impact {
  readonly groups: readonly {
    readonly user_ids: readonly string[];
    readonly guild: Difference;
    readonly tracks: readonly (Difference & { readonly track_id: string })[];
  }[];
}

interface Difference {
  readonly gained: string;
  readonly lost: string;
}

describe('random actors with random permissions', () => {
  let world: World;
  beforeAll(async () => (world = await World.start()));
  afterAll(() => world.stop());

  const lookAt = async (guildId: bigint): Promise<{ state: GuildState; tracks: GuildTracks }> => {
    const resolver = world.app.get(AuthorityResolver);
    const [state, tracks] = await Promise.all([resolver.getGuildState(guildId), resolver.getTracksOfGuild(guildId)]);
    return { state, tracks };
  };

  const heldBy = async (guildId: bigint, userId: bigint): Promise<Held & { isTimedOut: boolean }> => {
    const { state, tracks } = await lookAt(guildId);
    try {
      const authority = await world.app.get(AuthorityResolver).resolveMember(state, userId);
      return {
        guild: authority.permissions,
        tracks: new Map([...tracks.values()].map((track) => [track._id, authority.permissionsIn(track, tracks)])),
        isTimedOut: authority.subject.isTimedOut,
      };
    } catch {
      return { guild: NO_PERMISSIONS, tracks: new Map(), isTimedOut: false };
    }
  };
  const heldByAll = async (guild: GuildWorld) =>
    new Map(
      await Promise.all(
        USERS.map(
          async (name) =>
            [guild.members[name]!.id, await heldBy(BigInt(guild.id), BigInt(guild.members[name]!.id))] as const,
        ),
      ),
    );

  /** Tracks where some may more than others, in a category where some may more than others. */
  const restrict = async (
    { id, owner, roles, members, category, track }: GuildWorld,
    overwrites: readonly (readonly [number, number, Overwrite])[],
  ): Promise<void> => {
    const other = of<{ id: string }>(
      (await owner.post(`/guilds/${id}/tracks`, { name: 'other', type: 'category' })).body,
    ).id;
    const subjects = [id, ...Object.values(roles), ...Object.values(members).map((member) => member.id)];
    for (const [place, about, said] of overwrites) {
      const index = about % subjects.length;
      await owner.put(`/tracks/${[category, track, other][place]!}/overwrites/${subjects[index]!}`, {
        type: index > ROLES.length ? 'member' : 'role',
        ...text(said),
      });
    }
  };

  const send = (who: Person, { method, path, body }: Request, query = ''): Promise<Answer> =>
    method === 'patch' ? who.patch(path + query, body) : who[method](path + query, body);

  it('raise no member, least of all themselves, and have the effect that a dry run returns', async () => {
    const done = new Map<string, number>();
    const counts = { sent: 0, succeeded: 0, foreseen: 0 };

    await fc.assert(
      fc.asyncProperty(
        fc.tuple(says, says, says, says),
        fc.array(fc.tuple(fc.nat(2), fc.nat(7), says), { minLength: 6, maxLength: 10 }),
        fc.array(requests, { minLength: REQUESTS, maxLength: REQUESTS }),
        async (said, overwrites, list) => {
          const layers = said.map((layer, index) =>
            ROLES[index] === 'working'
              ? { allow: union(layer.allow, WORKING), deny: minus(layer.deny, WORKING) }
              : layer,
          );
          const guild = await world.guild({
            roles: Object.fromEntries(ROLES.map((name, index) => [name, layers[index]!])),
            members: { ada: ['working', 'low'], bob: ['working', 'middle'], cleo: ['working', 'high'] },
          });
          await restrict(guild, overwrites);
          for (const { kind, actor: who, target, one, other, says: spoken } of list) {
            const actor = guild.members[who]!;
            const scene: Scene = {
              guild,
              ...(await lookAt(BigInt(guild.id))),
              actor,
              target: guild.members[target]!,
              one,
              other,
              says: spoken,
            };
            const request = REQUESTED[kind]!(scene);
            const before = await heldByAll(guild);
            // An actor who cannot see a category sees its tracks in no category, and moves them among these; to the owner, the same body means another layout.
            const isSameForOwner =
              kind !== 'move a track' ||
              [...before.get(actor.id)!.tracks.values()].every((held) => has(held, ViewTrack));
            const predicted =
              request.isForeseen && isSameForOwner ? await send(guild.owner, request, '?dry_run=true') : undefined;
            expect([...(await heldByAll(guild))]).toEqual([...before]);
            const { status, body } = await send(actor, request);
            const after = await heldByAll(guild);
            const context = { kind, request, actor: actor.id, body };
            expect(status).toBeLessThan(500);
            counts.sent += 1;
            if (status >= 400) {
              expect({ context, after: [...after] }).toEqual({ context, after: [...before] });
              continue;
            }
            counts.succeeded += 1;
            done.set(kind, (done.get(kind) ?? 0) + 1);
            assertNoMemberIsRaised(kind, actor.id, before, after, context);
            if (predicted) {
              counts.foreseen += 1;
              expect({ context, status: predicted.status }).toEqual({ context, status: 200 });
              assertPredicted(of<Impact>(predicted.body), before, after, context);
            }
          }
        },
      ),
      { numRuns: GUILDS, endOnFailure: true },
    );

    process.stdout.write(
      `generated actors: ${counts.sent} requests, ${counts.succeeded} succeeded, ${counts.foreseen} dry runs came true\n`,
    );
    // Refusing everything would pass as well.
    expect(done.size).toBeGreaterThanOrEqual(10);
    expect(counts.foreseen).toBeGreaterThan(GUILDS);
  });

  type All = ReadonlyMap<string, Held & { readonly isTimedOut: boolean }>;

  function assertNoMemberIsRaised(kind: string, actorId: string, before: All, after: All, context: object): void {
    const was = before.get(actorId)!;
    const is = after.get(actorId)!;
    // Coming back gives what everybody has who comes; what it may not do is in the specs of leaving and coming back.
    if (kind !== 'join') {
      expect({ context, gained: minus(is.guild, was.guild) }).toEqual({ context, gained: NO_PERMISSIONS });
      for (const [id, held] of is.tracks)
        if (was.tracks.has(id))
          expect({ context, gained: minus(held, was.tracks.get(id)!) }).toEqual({ context, gained: NO_PERMISSIONS });
    }
    // Who ends a time-out gives back what it took, not what they have.
    if (kind === 'time out') return;
    for (const [id, { guild }] of after) {
      if (id !== actorId)
        expect({ context, given: minus(minus(guild, before.get(id)!.guild), was.guild) }).toEqual({
          context,
          given: NO_PERMISSIONS,
        });
    }
  }

  function assertPredicted({ groups }: Impact, before: All, after: All, context: object): void {
    for (const [id, is] of after) {
      const was = before.get(id)!;
      if (is.isTimedOut) continue;
      const predicted = groups.find(({ user_ids }) => user_ids.includes(id));
      const came = [...is.tracks].map(([track, held]) => ({
        track_id: String(track),
        gained: String(minus(held, was.tracks.get(track)!)),
        lost: String(minus(was.tracks.get(track)!, held)),
      }));
      if (was.tracks.size === 0) continue;
      expect({
        context,
        id,
        guild: predicted?.guild ?? { gained: '0', lost: '0' },
        tracks: sorted(predicted?.tracks ?? []),
      }).toEqual({
        context,
        id,
        guild: { gained: String(minus(is.guild, was.guild)), lost: String(minus(was.guild, is.guild)) },
        tracks: sorted(came.filter(({ gained, lost }) => gained !== '0' || lost !== '0')),
      });
    }
  }
});

const sorted = <Entry extends { readonly track_id: string }>(entries: readonly Entry[]): Entry[] =>
  entries.toSorted((a, b) => (a.track_id < b.track_id ? -1 : 1));
