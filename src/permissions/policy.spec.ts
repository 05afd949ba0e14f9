import fc from 'fast-check';
import { overwriteAbout, permissions, someOf } from '../../test/support/arbitraries';
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
import {
  MemberOutOfReach,
  OverwriteAdministrator,
  PermissionsNotHeld,
  PermissionsOverlap,
  RoleOutOfReach,
} from './permissions.errors';
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
const weakest: Actor = { userId: 11n, isOwner: false, permissions: NO_PERMISSIONS, highestPosition: 1 };

describe('the hierarchy', () => {
  it('allows to act on roles and positions strictly below the highest role of the actor', () => {
    expect(() => assertBelow(mo, 2)).not.toThrow();
    expect(() => assertBelow(mo, 3)).toThrow(RoleOutOfReach);
    expect(() => assertBelow(mo, 4)).toThrow(RoleOutOfReach);
    expect(() => assertBelow(weakest, 1)).toThrow(RoleOutOfReach);
    expect(() => assertBelow(owner, 200)).not.toThrow();
  });

  it('allows to act on members whose highest role is strictly below, never on the owner or the actor', () => {
    expect(() => assertMayActOnMember(mo, { ...weakest, highestPosition: 2 })).not.toThrow();
    expect(() => assertMayActOnMember(mo, { ...weakest, highestPosition: 3 })).toThrow(MemberOutOfReach);
    expect(() => assertMayActOnMember(mo, { ...owner, highestPosition: 1 })).toThrow(MemberOutOfReach);
    expect(() => assertMayActOnMember(mo, { ...mo, highestPosition: 1 })).toThrow(MemberOutOfReach);
    expect(() => assertMayActOnMember(owner, mo)).not.toThrow();
    expect(() => assertMayActOnMember(owner, owner)).toThrow(MemberOutOfReach);
  });
});

describe('granting', () => {
  it('allows to deny and to clear bits that the actor may grant', () =>
    expect(() =>
      assertMayGrant(mo.permissions, says({ allow: BanMembers }), says({ deny: BanMembers })),
    ).not.toThrow());

  it('names the permissions that the actor lacks', () =>
    expect(() => assertMayGrant(mo.permissions, SILENT, says({ allow: union(KickMembers, BanMembers) }))).toThrow(
      notHeld(BanMembers),
    ));

  it('rejects to allow and deny the same bit', () =>
    expect(() => assertDisjoint(says({ allow: KickMembers, deny: union(KickMembers, BanMembers) }))).toThrow(
      new PermissionsOverlap(KickMembers),
    ));

  it('is rejected exactly if a member could gain a permission that the actor lacks', () =>
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
  it('cannot give a role that allows what the attacker lacks, to the attacker or an accomplice', () => {
    expect(() => assertMayGiveRole(mo, says({ allow: BanMembers }), 2)).toThrow(notHeld(BanMembers));
    expect(() => assertMayGiveRole(mo, says({ allow: Administrator }), 2)).toThrow(notHeld(Administrator));
    expect(() => assertMayGiveRole(mo, says({ allow: KickMembers, deny: BanMembers }), 2)).not.toThrow();
  });

  it('cannot give or take roles at or above the highest role of the attacker', () => {
    expect(() => assertMayGiveRole(mo, SILENT, 3)).toThrow(RoleOutOfReach);
    expect(() => assertMayTakeRole(mo, SILENT, 4)).toThrow(RoleOutOfReach);
    expect(() => assertMayDeleteRole(mo, SILENT, 3)).toThrow(RoleOutOfReach);
  });

  it('cannot add what the attacker lacks to a role, @everyone included', () =>
    expect(() => assertMayGrant(mo.permissions, SILENT, says({ allow: Administrator }))).toThrow(
      notHeld(Administrator),
    ));

  it('cannot remove a deny of what the attacker lacks', () => {
    expect(() => assertMayGrant(mo.permissions, says({ deny: BanMembers }), SILENT)).toThrow(notHeld(BanMembers));
    expect(() => assertMayGrant(mo.permissions, says({ deny: BanMembers }), says({ allow: BanMembers }))).toThrow(
      notHeld(BanMembers),
    );
  });

  it('cannot take away or delete a role that denies what the attacker lacks', () => {
    expect(() => assertMayTakeRole(mo, says({ deny: BanMembers }), 2)).toThrow(notHeld(BanMembers));
    expect(() => assertMayDeleteRole(mo, says({ deny: BanMembers }), 2)).toThrow(notHeld(BanMembers));
    expect(() => assertMayDeleteRole(mo, says({ allow: BanMembers, deny: KickMembers }), 2)).not.toThrow();
  });

  it('cannot drop an own role that denies permissions, but any other', () => {
    expect(() => assertMayDropOwnRole(mo, says({ deny: BanMembers }))).toThrow(notHeld(BanMembers));
    expect(() => assertMayDropOwnRole(mo, says({ allow: BanMembers }))).not.toThrow();
  });

  describe('who orders roles', () => {
    const [EVERYONE, MUTED, HELPER, MODERATOR, ADMIN] = [1n, 2n, 3n, 4n, 5n] as const;
    const order = [EVERYONE, MUTED, HELPER, MODERATOR, ADMIN];
    const high: Actor = { ...mo, highestPosition: 4 };
    const reorder = (after: readonly bigint[], said: Record<string, Overwrite> = {}, actor = high) =>
      expect(() => assertMayReorder(actor, order, after, (id) => said[String(id)] ?? SILENT));

    it('may order the roles below the highest own role', () =>
      reorder([EVERYONE, HELPER, MUTED, MODERATOR, ADMIN]).not.toThrow());

    it('cannot move the highest own role, or a role above it', () => {
      reorder([EVERYONE, MUTED, HELPER, ADMIN, MODERATOR]).toThrow(RoleOutOfReach);
      reorder([EVERYONE, MUTED, MODERATOR, HELPER, ADMIN]).toThrow(RoleOutOfReach);
    });

    it('cannot move a role to or above the highest own role', () => {
      reorder([EVERYONE, HELPER, MODERATOR, MUTED, ADMIN]).toThrow(RoleOutOfReach);
      reorder([EVERYONE, HELPER, MODERATOR, ADMIN, MUTED]).toThrow(RoleOutOfReach);
    });

    it('cannot move an allow of what the attacker lacks above a deny', () =>
      reorder([EVERYONE, HELPER, MUTED, MODERATOR, ADMIN], {
        2: says({ allow: BanMembers }),
        3: says({ deny: BanMembers }),
      }).toThrow(notHeld(BanMembers)));

    it('cannot move a deny of what the attacker lacks below an allow', () =>
      reorder([EVERYONE, HELPER, MUTED, MODERATOR, ADMIN], {
        2: says({ deny: BanMembers }),
        3: says({ allow: BanMembers }),
      }).toThrow(notHeld(BanMembers)));

    it('may move them for permissions that the attacker has', () =>
      reorder([EVERYONE, HELPER, MUTED, MODERATOR, ADMIN], {
        2: says({ allow: KickMembers }),
        3: says({ deny: KickMembers }),
      }).not.toThrow());

    it('may move roles past each other that agree', () =>
      reorder([EVERYONE, HELPER, MUTED, MODERATOR, ADMIN], {
        2: says({ deny: BanMembers }),
        3: says({ deny: BanMembers, allow: DeleteMessages }),
      }).not.toThrow());

    it('may do everything as the owner of the guild', () =>
      reorder(
        [EVERYONE, ADMIN, MODERATOR, HELPER, MUTED],
        { 2: says({ deny: BanMembers }), 3: says({ allow: BanMembers }) },
        owner,
      ).not.toThrow());

    it('is rejected exactly if two roles pass each other that disagree about what the attacker lacks', () =>
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

  it('is restricted to bits that the actor has in the track, in both directions', () => {
    expect(() => assertMayOverwrite(held, undefined, says({ allow: CreateMessage, deny: ViewTrack }))).not.toThrow();
    expect(() => assertMayOverwrite(held, undefined, says({ allow: DeleteMessages }))).toThrow(notHeld(DeleteMessages));
    expect(() => assertMayOverwrite(held, undefined, says({ deny: DeleteMessages }))).toThrow(notHeld(DeleteMessages));
    expect(() => assertMayOverwrite(held, says({ deny: DeleteMessages }), undefined)).toThrow(notHeld(DeleteMessages));
    expect(() => assertMayOverwrite(held, says({ allow: DeleteMessages }), undefined)).toThrow(notHeld(DeleteMessages));
  });

  it('may keep its current values of bits that the actor lacks', () =>
    expect(() =>
      assertMayOverwrite(held, says({ deny: DeleteMessages }), says({ deny: union(DeleteMessages, CreateMessage) })),
    ).not.toThrow());

  it('cannot contain ADMINISTRATOR, not even with other bits or by the owner', () => {
    expect(() => assertMayOverwrite(ALL_PERMISSIONS, undefined, says({ allow: Administrator }))).toThrow(
      OverwriteAdministrator,
    );
    expect(() =>
      assertMayOverwrite(ALL_PERMISSIONS, undefined, says({ deny: union(Administrator, CreateMessage) })),
    ).toThrow(OverwriteAdministrator);
  });

  it('cannot allow and deny the same bit', () =>
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

  it('cannot get a role that reveals a track that the attacker cannot see', () => {
    expect(() => assertMayGiveRoleInTracks(me, [rules([]), hidden], KEY)).toThrow(notHeld(ViewTrack));
    expect(() => assertMayGiveRoleInTracks(me, [rules([]), quiet], KEY)).not.toThrow();
  });

  it('cannot get a role that reveals a track by its category', () =>
    expect(() =>
      assertMayGiveRoleInTracks(
        me,
        [rules([about(EVERYONE, { deny: ViewTrack })], [about(KEY, { allow: ViewTrack })])],
        KEY,
      ),
    ).toThrow(notHeld(ViewTrack)));

  it('may give a role to a member who sees the revealed tracks already', () => {
    expect(() =>
      assertMayGiveRoleInTracks({ ...me, roles: [...me.roles, { id: KEY, ...SILENT }] }, [hidden], KEY),
    ).not.toThrow();
    expect(() => assertMayGiveRoleInTracks({ ...me, isOwner: true }, [hidden], KEY)).not.toThrow();
  });

  it('cannot drop, take or delete a role that denies permissions in a track where the attacker lacks them too', () => {
    expect(() => assertMayTakeRoleInTracks(me, [quiet], GAG)).toThrow(notHeld(CreateMessage));
    expect(() => assertMayTakeRoleInTracks(me, [rules([about(GAG, { deny: CreateMessage })])], GAG)).not.toThrow();
  });

  it('cannot move roles past each other whose overwrites in a track disagree', () => {
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

  it('cannot move a track into or out of a category where a member has permissions that the attacker lacks', () => {
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

  it('cannot stop a track from inheriting a category that denies', () =>
    expect(() =>
      assertMayChangeRules(computeTrackPermissions(me, quiet), quiet, { ...quiet, inherits: false }),
    ).toThrow(notHeld(CreateMessage)));

  it('cannot reveal a hidden track by an overwrite of its category', () =>
    expect(() =>
      assertMayChangeRules(computeTrackPermissions(me, hidden), hidden, {
        ...hidden,
        categoryOverwrites: [about(MINE, { allow: ViewTrack })],
      }),
    ).toThrow(notHeld(ViewTrack)));

  it('may change a category for bits that its tracks decide themselves', () =>
    expect(() =>
      assertMayChangeRules(computeTrackPermissions(me, hidden), hidden, {
        ...hidden,
        categoryOverwrites: [about(KEY, { deny: ViewTrack }), about(EVERYONE, { allow: ViewTrack })],
      }),
    ).not.toThrow());
});
