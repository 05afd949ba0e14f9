import fc from 'fast-check';
import { overwriteAbout, someOf } from '../../test/support/arbitraries';
import { Problem } from '../common/problem';
import { moveRoles, placeRole, removeRole } from '../roles/role-order';
import {
  has,
  computeGuildPermissions,
  computeTrackPermissions,
  minus,
  NO_PERMISSIONS,
  type Overwrite,
  Permission,
  type PermissionSet,
  type Subject,
  type SubjectOverwrite,
  type TrackRules,
  union,
} from './compute-permissions';
import { PermissionsMissing } from './permissions.errors';
import {
  type Actor,
  assertBelow,
  assertMayActOnMember,
  assertMayChangeRules,
  assertMayDeleteRole,
  assertMayDropOwnRole,
  assertMayGiveRole,
  assertMayGiveRoleInTracks,
  assertMayGrant,
  assertMayPlace,
  assertMayOverwrite,
  assertMayReorder,
  assertMayReorderInTracks,
  assertMayTakeRole,
  assertMayTakeRoleInTracks,
} from './policy';

/*
 * Random people with random permissions do random things, checked by the policy as in the services. No member may gain permissions by an own
 * action, in the guild or in any track, and no member may give others more permissions in the guild than the member has.
 */

const { Administrator, BanMembers, CreateMessage, DeleteTracks, ManageRoles, MentionEveryone, ModifyTrack, ViewTrack } =
  Permission;

interface Track {
  readonly id: bigint;
  readonly parent_id: bigint | null;
  readonly inherits: boolean;
  readonly overwrites: readonly SubjectOverwrite[];
}

interface Guild {
  readonly order: readonly bigint[];
  readonly says: ReadonlyMap<bigint, Overwrite>;
  readonly members: ReadonlyMap<bigint, ReadonlySet<bigint>>;
  readonly tracks: readonly Track[];
}

const SILENT: Overwrite = { allow: NO_PERMISSIONS, deny: NO_PERMISSIONS };
const USERS = [100n, 101n, 102n];
const ROLES = [1n, 2n, 3n, 4n, 5n, 6n];
const CATEGORIES = [200n, 201n];
const TRACKS = [...CATEGORIES, 202n, 203n, 204n];
const WORKING = union(ManageRoles, ModifyTrack, DeleteTracks, ViewTrack);

const aboutTracks = overwriteAbout(
  someOf(ManageRoles, ViewTrack, CreateMessage, MentionEveryone, ModifyTrack, DeleteTracks, BanMembers),
);
const aboutGuild = fc.oneof(
  { weight: 6, arbitrary: aboutTracks },
  { weight: 1, arbitrary: overwriteAbout(someOf(ManageRoles, BanMembers, Administrator)) },
);

const guilds: fc.Arbitrary<Guild> = fc
  .record({
    said: fc.tuple(...ROLES.map(() => aboutGuild)),
    held: fc.tuple(...USERS.map(() => fc.subarray(ROLES.slice(1)))),
    tracks: fc.tuple(
      ...TRACKS.map(() =>
        fc.record({
          parent: fc.constantFrom(null, ...CATEGORIES),
          inherits: fc.boolean(),
          overwrites: fc.uniqueArray(
            fc.record({ id: fc.constantFrom(...ROLES.slice(0, 4), USERS[0]!), says: aboutTracks }),
            { selector: ({ id }) => id, maxLength: 3 },
          ),
        }),
      ),
    ),
  })
  .map(({ said, held, tracks }) => ({
    order: ROLES,
    // Everybody has a role that lets them try, unless a higher one forbids it: otherwise hardly anything would be allowed.
    says: new Map(
      said.map((layer, index) => [
        ROLES[index]!,
        ROLES[index] === 5n ? { allow: union(layer.allow, WORKING), deny: minus(layer.deny, WORKING) } : layer,
      ]),
    ),
    members: new Map(held.map((roles, index) => [USERS[index]!, new Set([...roles, 5n])])),
    tracks: tracks.map(({ parent, inherits, overwrites }, index) => ({
      id: TRACKS[index]!,
      parent_id: CATEGORIES.includes(TRACKS[index]!) ? null : parent,
      inherits,
      overwrites: overwrites.map(({ id, says }) => overwriteOf(id, says)),
    })),
  }));

function overwriteOf(id: bigint, says: Overwrite): SubjectOverwrite {
  return { id, type: USERS.includes(id) ? 'member' : 'role', ...says };
}

const subjectOf = ({ order, says, members }: Guild, userId: bigint): Subject => ({
  userId,
  isOwner: false,
  isTimedOut: false,
  roles: order
    .filter((id, index) => index === 0 || members.get(userId)!.has(id))
    .map((id) => ({ id, ...says.get(id)! })),
});

function actorOf(guild: Guild, userId: bigint): Actor {
  const subject = subjectOf(guild, userId);
  return {
    userId,
    isOwner: false,
    permissions: computeGuildPermissions(subject),
    highestPosition: guild.order.indexOf(subject.roles.at(-1)!.id) + 1,
  };
}

const rulesOf = ({ tracks }: Guild, { overwrites, inherits, parent_id }: Track): TrackRules => ({
  overwrites,
  inherits,
  categoryOverwrites: tracks.find(({ id }) => id === parent_id)?.overwrites ?? [],
});
const allRules = (guild: Guild): TrackRules[] => guild.tracks.map((track) => rulesOf(guild, track));
const trackIn = ({ tracks }: Guild, id: bigint): Track | undefined => tracks.find((track) => track.id === id);
const heldIn = (guild: Guild, userId: bigint, track: Track): PermissionSet =>
  computeTrackPermissions(subjectOf(guild, userId), rulesOf(guild, track));

function need(held: PermissionSet, requested: PermissionSet): void {
  if (!has(held, requested)) throw new PermissionsMissing(minus(requested, held));
}

interface Act {
  readonly userId: bigint;
  readonly targetId: bigint;
  /** Two choices: of a role, a track, a position, whatever the act is about. */
  readonly one: number;
  readonly other: number;
  readonly says: Overwrite;
}

/** What somebody does with a role: the guild after it, or a Problem. */
const ROLE_ACTS = {
  create(guild, actor, _, { other, says }) {
    const id = BigInt(300 + guild.says.size);
    const position = other === 0 ? undefined : 2 + (other % guild.order.length);
    const order = placeRole(guild.order, id, position);
    assertMayPlace(actor, position);
    assertMayGrant(actor.permissions, SILENT, says);
    return { ...guild, order, says: new Map(guild.says).set(id, says) };
  },
  edit(guild, actor, id, { says }) {
    if (id !== guild.order[0]) assertBelow(actor, guild.order.indexOf(id) + 1);
    assertMayGrant(actor.permissions, guild.says.get(id)!, says);
    return { ...guild, says: new Map(guild.says).set(id, says) };
  },
  move(guild, actor, id, { other }) {
    const order = moveRoles(guild.order, [{ id, position: 2 + (other % (guild.order.length - 1)) }]);
    assertMayReorder(actor, guild.order, order, (each) => guild.says.get(each)!);
    assertMayReorderInTracks(subjectOf(guild, actor.userId), allRules(guild), guild.order, order);
    return { ...guild, order };
  },
  delete(guild, actor, id) {
    const order = removeRole(guild.order, id);
    assertMayDeleteRole(actor, guild.says.get(id)!, guild.order.indexOf(id) + 1);
    assertMayTakeRoleInTracks(subjectOf(guild, actor.userId), allRules(guild), id);
    return {
      ...guild,
      order,
      tracks: guild.tracks.map((track) => ({
        ...track,
        overwrites: track.overwrites.filter((overwrite) => overwrite.id !== id),
      })),
    };
  },
  give(guild, actor, id, { targetId }) {
    if (targetId !== actor.userId) assertMayActOnMember(actor, actorOf(guild, targetId));
    assertMayGiveRole(actor, guild.says.get(id)!, guild.order.indexOf(id) + 1);
    assertMayGiveRoleInTracks(subjectOf(guild, actor.userId), allRules(guild), id);
    return withRoles(guild, targetId, (roles) => [...roles, id]);
  },
  take(guild, actor, id, { targetId }) {
    assertMayActOnMember(actor, actorOf(guild, targetId));
    assertMayTakeRole(actor, guild.says.get(id)!, guild.order.indexOf(id) + 1);
    assertMayTakeRoleInTracks(subjectOf(guild, actor.userId), allRules(guild), id);
    return withRoles(guild, targetId, (roles) => roles.filter((each) => each !== id));
  },
  drop(guild, actor, id) {
    assertMayDropOwnRole(actor, guild.says.get(id)!);
    assertMayTakeRoleInTracks(subjectOf(guild, actor.userId), allRules(guild), id);
    return withRoles(guild, actor.userId, (roles) => roles.filter((each) => each !== id));
  },
} satisfies Record<string, (guild: Guild, actor: Actor, id: bigint, act: Act) => Guild>;

const withRoles = (guild: Guild, userId: bigint, change: (roles: bigint[]) => bigint[]): Guild => ({
  ...guild,
  members: new Map(guild.members).set(userId, new Set(change([...guild.members.get(userId)!]))),
});

/** What somebody does with a track, and what they need there: the guild after it, or a Problem. */
const TRACK_ACTS = {
  overwrite: [
    ManageRoles,
    (guild, track, { userId, other, says }) => {
      const id = [...guild.order, ...USERS][other % (guild.order.length + USERS.length)]!;
      assertMayOverwrite(
        heldIn(guild, userId, track),
        track.overwrites.find((each) => each.id === id),
        says,
      );
      return withTrack(guild, track, {
        overwrites: [...track.overwrites.filter((each) => each.id !== id), overwriteOf(id, says)],
      });
    },
  ],
  'remove an overwrite': [
    ManageRoles,
    (guild, track, { userId, other }) => {
      const overwrite = track.overwrites[other % Math.max(1, track.overwrites.length)];
      assertMayOverwrite(heldIn(guild, userId, track), overwrite);
      return withTrack(guild, track, { overwrites: track.overwrites.filter((each) => each !== overwrite) });
    },
  ],
  'move to a category': [
    ModifyTrack,
    (guild, track, { other }) => {
      const parents = [null, ...CATEGORIES.filter((id) => trackIn(guild, id) && !CATEGORIES.includes(track.id))];
      return withTrack(guild, track, { parent_id: parents[other % parents.length]! });
    },
  ],
  inherit: [ModifyTrack, (guild, track) => withTrack(guild, track, { inherits: !track.inherits })],
  'delete a track': [
    DeleteTracks,
    (guild, track) => ({
      ...guild,
      tracks: guild.tracks
        .filter((each) => each !== track)
        .map((each) => (each.parent_id === track.id ? { ...each, parent_id: null } : each)),
    }),
  ],
} satisfies Record<string, readonly [PermissionSet, (guild: Guild, track: Track, act: Act) => Guild]>;

const withTrack = (guild: Guild, track: Track, change: Partial<Track>): Guild => ({
  ...guild,
  tracks: guild.tracks.map((each) => (each === track ? { ...each, ...change } : each)),
});

const KINDS = [...Object.keys(ROLE_ACTS), ...Object.keys(TRACK_ACTS)] as (
  keyof typeof ROLE_ACTS | keyof typeof TRACK_ACTS
)[];
const acts = fc.record({
  kind: fc.constantFrom(...KINDS),
  userId: fc.constantFrom(...USERS),
  targetId: fc.constantFrom(...USERS),
  one: fc.nat(9),
  other: fc.nat(9),
  says: aboutGuild,
});

function perform(guild: Guild, { kind, ...act }: Act & { readonly kind: (typeof KINDS)[number] }): Guild {
  const actor = actorOf(guild, act.userId);
  if (Object.hasOwn(ROLE_ACTS, kind)) {
    if (kind !== 'drop') need(actor.permissions, ManageRoles);
    return ROLE_ACTS[kind as keyof typeof ROLE_ACTS](guild, actor, guild.order[act.one % guild.order.length]!, act);
  }
  const track = trackIn(guild, TRACKS[act.one % TRACKS.length]!);
  if (!track) return guild;
  const [needed, change] = TRACK_ACTS[kind as keyof typeof TRACK_ACTS];
  need(heldIn(guild, act.userId, track), union(ViewTrack, needed));
  const after = change(guild, track, act);
  for (const changed of after.tracks) {
    const before = trackIn(guild, changed.id)!;
    const isItsOwnOverwrite = changed.id === track.id && kind.includes('overwrite');
    if (!isItsOwnOverwrite)
      assertMayChangeRules(heldIn(guild, act.userId, before), rulesOf(guild, before), rulesOf(after, changed));
  }
  return after;
}

it('never gives a member more permissions than the actors have, by any sequence of actions', () => {
  const done = new Map<string, number>();
  fc.assert(
    fc.property(guilds, fc.array(acts, { maxLength: 12 }), (start, list) => {
      let guild = start;
      for (const act of list) {
        let after: Guild;
        try {
          after = perform(guild, act);
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
          continue;
        }
        if (after !== guild) done.set(act.kind, (done.get(act.kind) ?? 0) + 1);
        const held = computeGuildPermissions(subjectOf(guild, act.userId));
        for (const userId of USERS)
          expect(
            minus(
              minus(
                computeGuildPermissions(subjectOf(after, userId)),
                computeGuildPermissions(subjectOf(guild, userId)),
              ),
              held,
            ),
          ).toBe(NO_PERMISSIONS);
        for (const track of after.tracks)
          expect(minus(heldIn(after, act.userId, track), heldIn(guild, act.userId, trackIn(guild, track.id)!))).toBe(
            NO_PERMISSIONS,
          );
        guild = after;
      }
    }),
    { numRuns: 3_000 },
  );
  // Refusing everything would pass as well.
  expect(
    Object.fromEntries(KINDS.filter((kind) => (done.get(kind) ?? 0) < 10).map((kind) => [kind, done.get(kind)])),
  ).toEqual({});
});
