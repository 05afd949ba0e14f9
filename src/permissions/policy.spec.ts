import fc from 'fast-check';
import { overwriteAbout, permissions, someOf } from '../../test/support/arbitraries';
import { RoleOutOfReach } from '../roles/roles.errors';
import {
  combine,
  ALL_PERMISSIONS,
  has,
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
import { MemberOutOfReach, OverwriteAdministrator, PermissionsNotHeld, PermissionsOverlap } from './permissions.errors';
import {
  type Actor,
  assertBelow,
  assertDisjoint,
  assertMayActOnMember,
  assertMayChangeRules,
  assertMayDeleteRole,
  assertMayDropOwnRole,
  assertMayGiveRole,
  assertMayGiveRoleInTracks,
  assertMayGrant,
  assertMayOverwrite,
  assertMayReorder,
  assertMayReorderInTracks,
  assertMayTakeRole,
  assertMayTakeRoleInTracks,
} from './policy';

const { Administrator, BanMembers, CreateMessage, DeleteMessages, KickMembers, ManageRoles, ModifyTrack, ViewTrack } =
  Permission;

const says = ({ allow = NO_PERMISSIONS, deny = NO_PERMISSIONS }: Partial<Overwrite>): Overwrite => ({ allow, deny });
const SILENT = says({});
const notHeld = (...missing: PermissionSet[]): PermissionsNotHeld => new PermissionsNotHeld(union(...missing));

/** A moderator with MANAGE_ROLES and KICK_MEMBERS, whose highest role is the third of @everyone, helper, moderator, admin. */
const mo: Actor = { userId: 10n, isOwner: false, permissions: union(ManageRoles, KickMembers), highestPosition: 3 };
const owner: Actor = { userId: 1n, isOwner: true, permissions: ALL_PERMISSIONS, highestPosition: Infinity };
const nobody: Actor = { userId: 11n, isOwner: false, permissions: NO_PERMISSIONS, highestPosition: 1 };

describe('hierarchy', () => {
  it('lets one act on roles and places strictly below one’s highest', () => {
    expect(() => assertBelow(mo, 2)).not.toThrow();
    expect(() => assertBelow(mo, 3)).toThrow(RoleOutOfReach);
    expect(() => assertBelow(mo, 4)).toThrow(RoleOutOfReach);
    expect(() => assertBelow(nobody, 1)).toThrow(RoleOutOfReach);
    expect(() => assertBelow(owner, 200)).not.toThrow();
  });

  it('lets one act on members whose highest role is strictly below, never on the owner or oneself', () => {
    expect(() => assertMayActOnMember(mo, { ...nobody, highestPosition: 2 })).not.toThrow();
    expect(() => assertMayActOnMember(mo, { ...nobody, highestPosition: 3 })).toThrow(MemberOutOfReach);
    expect(() => assertMayActOnMember(mo, { ...owner, highestPosition: 1 })).toThrow(MemberOutOfReach);
    expect(() => assertMayActOnMember(mo, { ...mo, highestPosition: 1 })).toThrow(MemberOutOfReach);
    expect(() => assertMayActOnMember(owner, mo)).not.toThrow();
    expect(() => assertMayActOnMember(owner, owner)).toThrow(MemberOutOfReach);
  });
});

describe('granting', () => {
  it('takes nothing away from who may grant less: denying and un-allowing are free', () =>
    expect(() =>
      assertMayGrant(mo.permissions, says({ allow: BanMembers }), says({ deny: BanMembers })),
    ).not.toThrow());

  it('names what is not held', () =>
    expect(() => assertMayGrant(mo.permissions, SILENT, says({ allow: union(KickMembers, BanMembers) }))).toThrow(
      notHeld(BanMembers),
    ));

  it('refuses to allow and deny the same', () =>
    expect(() => assertDisjoint(says({ allow: KickMembers, deny: union(KickMembers, BanMembers) }))).toThrow(
      new PermissionsOverlap(KickMembers),
    ));

  it('is refused exactly when somebody could come to have more than is held', () =>
    fc.assert(
      fc.property(permissions, overwriteAbout(permissions), overwriteAbout(permissions), (held, before, after) => {
        // Somebody whose other roles give everything but ADMINISTRATOR, or nothing, has what any member could have.
        const gained = union(
          ...[NO_PERMISSIONS, ALL_PERMISSIONS].map((base) => minus(combine(base, [after]), combine(base, [before]))),
        );
        const act = expect(() => assertMayGrant(held, before, after));
        if (has(held, gained)) act.not.toThrow();
        else act.toThrow(notHeld(minus(gained, held)));
      }),
    ));
});

describe('an attacker with MANAGE_ROLES', () => {
  it('can’t give a role that allows what they lack, to themselves or to an accomplice', () => {
    expect(() => assertMayGiveRole(mo, says({ allow: BanMembers }), 2)).toThrow(notHeld(BanMembers));
    expect(() => assertMayGiveRole(mo, says({ allow: Administrator }), 2)).toThrow(notHeld(Administrator));
    expect(() => assertMayGiveRole(mo, says({ allow: KickMembers, deny: BanMembers }), 2)).not.toThrow();
  });

  it('can’t give or take roles at their height or above', () => {
    expect(() => assertMayGiveRole(mo, SILENT, 3)).toThrow(RoleOutOfReach);
    expect(() => assertMayTakeRole(mo, SILENT, 4)).toThrow(RoleOutOfReach);
    expect(() => assertMayDeleteRole(mo, SILENT, 3)).toThrow(RoleOutOfReach);
  });

  it('can’t add to a role, @everyone’s included, what they lack', () =>
    expect(() => assertMayGrant(mo.permissions, SILENT, says({ allow: Administrator }))).toThrow(
      notHeld(Administrator),
    ));

  it('can’t lift a deny of what they lack', () => {
    expect(() => assertMayGrant(mo.permissions, says({ deny: BanMembers }), SILENT)).toThrow(notHeld(BanMembers));
    expect(() => assertMayGrant(mo.permissions, says({ deny: BanMembers }), says({ allow: BanMembers }))).toThrow(
      notHeld(BanMembers),
    );
  });

  it('can’t take away or delete a role that denies what they lack', () => {
    expect(() => assertMayTakeRole(mo, says({ deny: BanMembers }), 2)).toThrow(notHeld(BanMembers));
    expect(() => assertMayDeleteRole(mo, says({ deny: BanMembers }), 2)).toThrow(notHeld(BanMembers));
    expect(() => assertMayDeleteRole(mo, says({ allow: BanMembers, deny: KickMembers }), 2)).not.toThrow();
  });

  it('can’t drop a role of their own that holds them down, but any other', () => {
    expect(() => assertMayDropOwnRole(mo, says({ deny: BanMembers }))).toThrow(notHeld(BanMembers));
    expect(() => assertMayDropOwnRole(mo, says({ allow: BanMembers }))).not.toThrow();
  });

  describe('and an order', () => {
    const [EVERYONE, MUTED, HELPER, MODERATOR, ADMIN] = [1n, 2n, 3n, 4n, 5n] as const;
    const order = [EVERYONE, MUTED, HELPER, MODERATOR, ADMIN];
    const high: Actor = { ...mo, highestPosition: 4 };
    const reorder = (after: readonly bigint[], said: Record<string, Overwrite> = {}, actor = high) =>
      expect(() => assertMayReorder(actor, order, after, (id) => said[String(id)] ?? SILENT));

    it('may order what is below them', () => reorder([EVERYONE, HELPER, MUTED, MODERATOR, ADMIN]).not.toThrow());

    it('can’t move their own highest role, or one above it', () => {
      reorder([EVERYONE, MUTED, HELPER, ADMIN, MODERATOR]).toThrow(RoleOutOfReach);
      reorder([EVERYONE, MUTED, MODERATOR, HELPER, ADMIN]).toThrow(RoleOutOfReach);
    });

    it('can’t move a role to their height, nor above', () => {
      reorder([EVERYONE, HELPER, MODERATOR, MUTED, ADMIN]).toThrow(RoleOutOfReach);
      reorder([EVERYONE, HELPER, MODERATOR, ADMIN, MUTED]).toThrow(RoleOutOfReach);
    });

    it('can’t let an allow of what they lack rise over a deny', () =>
      reorder([EVERYONE, HELPER, MUTED, MODERATOR, ADMIN], {
        2: says({ allow: BanMembers }),
        3: says({ deny: BanMembers }),
      }).toThrow(notHeld(BanMembers)));

    it('can’t let a deny of what they lack sink below an allow', () =>
      reorder([EVERYONE, HELPER, MUTED, MODERATOR, ADMIN], {
        2: says({ deny: BanMembers }),
        3: says({ allow: BanMembers }),
      }).toThrow(notHeld(BanMembers)));

    it('may do so for what they have', () =>
      reorder([EVERYONE, HELPER, MUTED, MODERATOR, ADMIN], {
        2: says({ allow: KickMembers }),
        3: says({ deny: KickMembers }),
      }).not.toThrow());

    it('may move roles past each other that agree', () =>
      reorder([EVERYONE, HELPER, MUTED, MODERATOR, ADMIN], {
        2: says({ deny: BanMembers }),
        3: says({ deny: BanMembers, allow: DeleteMessages }),
      }).not.toThrow());

    it('is no attacker when they own the guild', () =>
      reorder(
        [EVERYONE, ADMIN, MODERATOR, HELPER, MUTED],
        { 2: says({ deny: BanMembers }), 3: says({ allow: BanMembers }) },
        owner,
      ).not.toThrow());

    it('is refused exactly when two roles pass each other that disagree about what they lack', () =>
      fc.assert(
        fc.property(
          fc.array(overwriteAbout(someOf(KickMembers, BanMembers, DeleteMessages)), { minLength: 2, maxLength: 12 }),
          fc.infiniteStream(fc.nat()),
          (layers, random) => {
            const before = layers.map((_, index) => BigInt(index));
            const after = [...before]
              .map((id) => ({ id, key: random.next().value! }))
              .sort((a, b) => a.key - b.key)
              .map(({ id }) => id);
            const pairs = before.flatMap((one) =>
              before
                .filter((other) => one < other && after.indexOf(one) > after.indexOf(other))
                .map((other) => [layers[Number(one)]!, layers[Number(other)]!] as const),
            );
            const disputed = union(
              ...pairs.map(([one, other]) => ((one.allow & other.deny) | (one.deny & other.allow)) as PermissionSet),
            );
            const act = expect(() =>
              assertMayReorder({ ...mo, highestPosition: 99 }, before, after, (id) => layers[Number(id)]!),
            );
            if (has(mo.permissions, disputed)) act.not.toThrow();
            else act.toThrow(notHeld(minus(disputed, mo.permissions)));
          },
        ),
        { numRuns: 1_000 },
      ));
  });
});

describe('an overwrite', () => {
  const held = union(ManageRoles, ViewTrack, CreateMessage);

  it('is for bits that one has in that track, in both directions', () => {
    expect(() => assertMayOverwrite(held, undefined, says({ allow: CreateMessage, deny: ViewTrack }))).not.toThrow();
    expect(() => assertMayOverwrite(held, undefined, says({ allow: DeleteMessages }))).toThrow(notHeld(DeleteMessages));
    expect(() => assertMayOverwrite(held, undefined, says({ deny: DeleteMessages }))).toThrow(notHeld(DeleteMessages));
    expect(() => assertMayOverwrite(held, says({ deny: DeleteMessages }), undefined)).toThrow(notHeld(DeleteMessages));
    expect(() => assertMayOverwrite(held, says({ allow: DeleteMessages }), undefined)).toThrow(notHeld(DeleteMessages));
  });

  it('may say what it said before about bits that one lacks', () =>
    expect(() =>
      assertMayOverwrite(held, says({ deny: DeleteMessages }), says({ deny: union(DeleteMessages, CreateMessage) })),
    ).not.toThrow());

  it('is never about ADMINISTRATOR, not even alongside other bits or by the owner', () => {
    expect(() => assertMayOverwrite(ALL_PERMISSIONS, undefined, says({ allow: Administrator }))).toThrow(
      OverwriteAdministrator,
    );
    expect(() =>
      assertMayOverwrite(ALL_PERMISSIONS, undefined, says({ deny: union(Administrator, CreateMessage) })),
    ).toThrow(OverwriteAdministrator);
  });

  it('can’t allow and deny the same', () =>
    expect(() => assertMayOverwrite(held, undefined, says({ allow: ViewTrack, deny: ViewTrack }))).toThrow(
      PermissionsOverlap,
    ));
});

describe('an attacker around hidden and restricted tracks', () => {
  const [EVERYONE, KEY, GAG, MINE] = [1n, 2n, 3n, 4n] as const;
  const me: Subject = {
    userId: mo.userId,
    isOwner: false,
    isTimedOut: false,
    roles: [
      { id: EVERYONE, ...says({ allow: union(ViewTrack, CreateMessage) }) },
      { id: MINE, ...says({ allow: union(ManageRoles, ModifyTrack) }) },
    ],
  };
  const about = (id: bigint, what: Partial<Overwrite>): SubjectOverwrite => ({ id, type: 'role', ...says(what) });
  const rules = (overwrites: SubjectOverwrite[], categoryOverwrites: SubjectOverwrite[] = []): TrackRules => ({
    overwrites,
    inherits: true,
    categoryOverwrites,
  });
  const hidden = rules([about(EVERYONE, { deny: ViewTrack }), about(KEY, { allow: ViewTrack })]);
  const quiet = rules([about(GAG, { deny: CreateMessage })], [about(EVERYONE, { deny: CreateMessage })]);

  it('can’t give themselves a role that opens a track which they can’t see', () => {
    expect(() => assertMayGiveRoleInTracks(me, [rules([]), hidden], KEY)).toThrow(notHeld(ViewTrack));
    expect(() => assertMayGiveRoleInTracks(me, [rules([]), quiet], KEY)).not.toThrow();
  });

  it('can’t do so when it is the category that opens it', () =>
    expect(() =>
      assertMayGiveRoleInTracks(
        me,
        [rules([about(EVERYONE, { deny: ViewTrack })], [about(KEY, { allow: ViewTrack })])],
        KEY,
      ),
    ).toThrow(notHeld(ViewTrack)));

  it('may give a role to whom what it opens is open', () => {
    expect(() =>
      assertMayGiveRoleInTracks({ ...me, roles: [...me.roles, { id: KEY, ...SILENT }] }, [hidden], KEY),
    ).not.toThrow();
    expect(() => assertMayGiveRoleInTracks({ ...me, isOwner: true }, [hidden], KEY)).not.toThrow();
  });

  it('can’t drop, take or delete a role that holds somebody down in a track where they are down too', () => {
    expect(() => assertMayTakeRoleInTracks(me, [quiet], GAG)).toThrow(notHeld(CreateMessage));
    expect(() => assertMayTakeRoleInTracks(me, [rules([about(GAG, { deny: CreateMessage })])], GAG)).not.toThrow();
  });

  it('can’t let roles pass each other whose overwrites disagree there', () => {
    const contested = rules([
      about(KEY, { allow: ViewTrack }),
      about(GAG, { deny: ViewTrack }),
      about(EVERYONE, { deny: ViewTrack }),
    ]);
    expect(() =>
      assertMayReorderInTracks(me, [contested], [EVERYONE, KEY, GAG, MINE], [EVERYONE, GAG, KEY, MINE]),
    ).toThrow(notHeld(ViewTrack));
    expect(() =>
      assertMayReorderInTracks(me, [contested], [EVERYONE, KEY, GAG, MINE], [EVERYONE, KEY, GAG, MINE]),
    ).not.toThrow();
    expect(() =>
      assertMayReorderInTracks(
        { ...me, isOwner: true },
        [contested],
        [EVERYONE, KEY, GAG, MINE],
        [EVERYONE, GAG, KEY, MINE],
      ),
    ).not.toThrow();
  });

  it('can’t move a track into a category, or out of one, where somebody may more than they', () => {
    const held = computeTrackPermissions(me, rules([]));
    expect(() => assertMayChangeRules(held, rules([]), rules([], [about(MINE, { allow: DeleteMessages })]))).toThrow(
      notHeld(DeleteMessages),
    );
    expect(() =>
      assertMayChangeRules(computeTrackPermissions(me, quiet), quiet, { ...quiet, categoryOverwrites: [] }),
    ).toThrow(notHeld(CreateMessage));
    expect(() =>
      assertMayChangeRules(held, rules([]), rules([], [about(MINE, { deny: DeleteMessages })])),
    ).not.toThrow();
  });

  it('can’t cut a track off from a category that denies', () =>
    expect(() =>
      assertMayChangeRules(computeTrackPermissions(me, quiet), quiet, { ...quiet, inherits: false }),
    ).toThrow(notHeld(CreateMessage)));

  it('can’t open a hidden track by an overwrite of its category', () =>
    expect(() =>
      assertMayChangeRules(computeTrackPermissions(me, hidden), hidden, {
        ...hidden,
        categoryOverwrites: [about(MINE, { allow: ViewTrack })],
      }),
    ).toThrow(notHeld(ViewTrack)));

  it('may change a category about what its tracks decide for themselves', () =>
    expect(() =>
      assertMayChangeRules(computeTrackPermissions(me, hidden), hidden, {
        ...hidden,
        categoryOverwrites: [about(KEY, { deny: ViewTrack }), about(EVERYONE, { allow: ViewTrack })],
      }),
    ).not.toThrow());
});
