import fc from 'fast-check';
import {
  ALL_PERMISSIONS,
  minus,
  type Overwrite,
  Permission,
  permissionSet,
  type PermissionSet,
  type RoleLayer,
  type Subject,
  type SubjectOverwrite,
  type TrackRules,
  union,
} from '../../src/permissions/compute-permissions';

const { Administrator } = Permission;

/** Any set of permissions. */
export const permissions: fc.Arbitrary<PermissionSet> = fc.bigInt({ min: 0n, max: ALL_PERMISSIONS }).map(permissionSet);

/** Some of these permissions. */
export const someOf = (...among: readonly PermissionSet[]): fc.Arbitrary<PermissionSet> =>
  fc.subarray([...among]).map((sets) => union(...sets));

/** An overwrite that allows or denies some of these permissions. */
export const overwriteAbout = (sets: fc.Arbitrary<PermissionSet>): fc.Arbitrary<Overwrite> =>
  fc
    .tuple(sets, sets, fc.boolean())
    .map(([allow, deny, allowFirst]) =>
      allowFirst ? { allow, deny: minus(deny, allow) } : { allow: minus(allow, deny), deny },
    );

const silentAbout = (overwrite: Overwrite, set: PermissionSet): Overwrite => ({
  allow: minus(overwrite.allow, set),
  deny: minus(overwrite.deny, set),
});

// One role in eight speaks about ADMINISTRATOR: were it every second one, nearly everybody would simply have everything.
const role = fc
  .tuple(overwriteAbout(permissions), fc.integer({ min: 0, max: 7 }))
  .map(([says, rare]) => (rare === 0 ? says : silentAbout(says, Administrator)));

export const USER_ID = 100n;

/** Somebody with @everyone, which is role 1, and up to five roles more; owners and timed-out members now and then. */
export const subjects: fc.Arbitrary<Subject> = fc
  .record({
    isOwner: rarely(),
    isTimedOut: rarely(),
    says: fc.array(role, { minLength: 1, maxLength: 6 }),
    seed: fc.shuffledSubarray([2n, 3n, 4n, 5n, 6n]),
  })
  .map(({ isOwner, isTimedOut, says, seed }) => {
    const roles: RoleLayer[] = [1n, ...seed].slice(0, says.length).map((id, index) => ({ id, ...says[index]! }));
    return { userId: USER_ID, isOwner, isTimedOut, roles };
  });

/** What is said in one place about roles 1 to 8 and about members, the subject among them, and one whose id is also a role's: about each once. */
const overwrites: fc.Arbitrary<SubjectOverwrite[]> = fc.uniqueArray(
  fc
    .oneof(
      fc.record({
        id: fc.bigInt({ min: 1n, max: 8n }),
        type: fc.constant('role' as const),
        says: overwriteAbout(permissions),
      }),
      fc.record({
        id: fc.constantFrom(USER_ID, 101n, 2n),
        type: fc.constant('member' as const),
        says: overwriteAbout(permissions),
      }),
    )
    .map(({ id, type, says }) => ({ id, type, ...says })),
  { selector: ({ id, type }) => `${type} ${id}`, maxLength: 8 },
);

/** The rules of a track, in a category more often than not. */
export const trackRules: fc.Arbitrary<TrackRules> = fc.record({
  overwrites,
  inherits: fc.boolean(),
  categoryOverwrites: overwrites,
});

function rarely(): fc.Arbitrary<boolean> {
  return fc.integer({ min: 0, max: 7 }).map((n) => n === 0);
}
