import fc from 'fast-check';
import { permissions, subjects, trackRules, USER_ID } from '../../test/support/arbitraries';
import {
  combine,
  EVERYONE_DEFAULT,
  ALL_PERMISSIONS,
  explain,
  has,
  computeGuildPermissions,
  effectiveOverwrites,
  intersection,
  computeTrackPermissions,
  minus,
  namesOf,
  NO_PERMISSIONS,
  type Overwrite,
  Permission,
  PERMISSION_NAMES,
  permissionSet,
  type PermissionSet,
  type DecisionReason,
  type Subject,
  type SubjectOverwrite,
  type TrackRules,
  union,
} from './compute-permissions';

const {
  Administrator,
  AttachFiles,
  BanMembers,
  CreateMessage,
  DeleteMessages,
  KickMembers,
  MentionEveryone,
  ViewMessageHistory,
  ViewTrack,
} = Permission;

const says = ({ allow = NO_PERMISSIONS, deny = NO_PERMISSIONS }: Partial<Overwrite>): Overwrite => ({ allow, deny });
const [EVERYONE, LOW, HIGH, ABSENT] = [1n, 2n, 3n, 9n] as const;

/** Somebody with @everyone, a low and a high role, lowest first. */
const member = (
  everyone: Partial<Overwrite>,
  low: Partial<Overwrite> = {},
  high: Partial<Overwrite> = {},
): Subject => ({
  userId: USER_ID,
  isOwner: false,
  isTimedOut: false,
  roles: [
    { id: EVERYONE, ...says(everyone) },
    { id: LOW, ...says(low) },
    { id: HIGH, ...says(high) },
  ],
});

const about = (id: bigint, what: Partial<Overwrite>): SubjectOverwrite => ({
  id,
  type: id === USER_ID ? 'member' : 'role',
  ...says(what),
});
const track = (...overwrites: SubjectOverwrite[]): TrackRules => ({
  overwrites,
  inherits: true,
  categoryOverwrites: [],
});
const inCategory = (categoryOverwrites: SubjectOverwrite[], rules = track()): TrackRules => ({
  ...rules,
  categoryOverwrites,
});

describe('permission sets', () => {
  it('have the bits of the first Derailed, followed by the later ones', () => {
    expect(PERMISSION_NAMES.join(' ')).toBe(
      'MODIFY_GUILD KICK_MEMBERS MODIFY_MEMBERS MODIFY_MEMBER_NICKNAMES BAN_MEMBERS CREATE_TRACK MODIFY_TRACK DELETE_TRACKS MANAGE_ROLES ADMINISTRATOR ' +
        'CREATE_MESSAGE DELETE_MESSAGES VIEW_MESSAGE_HISTORY CREATE_INVITES DELETE_INVITES VIEW_TRACK PIN_MESSAGES ADD_REACTIONS MENTION_EVERYONE ' +
        'CHANGE_NICKNAME TIMEOUT_MEMBERS VIEW_AUDIT_LOG ATTACH_FILES MANAGE_WEBHOOKS',
    );
    expect(Object.values(Permission)).toEqual(PERMISSION_NAMES.map((_, index) => 1n << BigInt(index)));
    expect(union(...Object.values(Permission))).toBe(ALL_PERMISSIONS);
  });

  it('give @everyone the permissions that a new guild needs', () =>
    expect(namesOf(EVERYONE_DEFAULT)).toEqual([
      'CREATE_MESSAGE',
      'VIEW_MESSAGE_HISTORY',
      'CREATE_INVITES',
      'VIEW_TRACK',
      'ADD_REACTIONS',
      'CHANGE_NICKNAME',
    ]));

  it('reject bits that are no permission', () => {
    expect(permissionSet(ALL_PERMISSIONS)).toBe(ALL_PERMISSIONS);
    expect(() => permissionSet(ALL_PERMISSIONS + 1n)).toThrow(RangeError);
    expect(() => permissionSet(-1n)).toThrow(RangeError);
  });

  it('are sets of names', () =>
    fc.assert(
      fc.property(permissions, permissions, (a, b) => {
        const [ones, others] = [new Set(namesOf(a)), new Set(namesOf(b))];
        expect(namesOf(union(a, b))).toEqual(PERMISSION_NAMES.filter((name) => ones.has(name) || others.has(name)));
        expect(namesOf(intersection(a, b))).toEqual(
          PERMISSION_NAMES.filter((name) => ones.has(name) && others.has(name)),
        );
        expect(namesOf(minus(a, b))).toEqual(PERMISSION_NAMES.filter((name) => ones.has(name) && !others.has(name)));
        expect(has(a, b)).toBe([...others].every((name) => ones.has(name)));
      }),
    ));
});

describe('the permissions of combined roles', () => {
  it('contain what the highest role that mentions a bit decides, in both directions', () => {
    expect(computeGuildPermissions(member({ allow: KickMembers }, { deny: KickMembers }))).toBe(NO_PERMISSIONS);
    expect(computeGuildPermissions(member({}, { deny: KickMembers }, { allow: KickMembers }))).toBe(KickMembers);
  });

  it('do not change for bits that a role does not mention', () =>
    expect(computeGuildPermissions(member({ allow: KickMembers }, { allow: BanMembers }, {}))).toBe(
      union(KickMembers, BanMembers),
    ));

  it('do not contain bits that no role mentions', () =>
    expect(computeGuildPermissions(member({}))).toBe(NO_PERMISSIONS));

  it('start from the given permissions', () =>
    expect(combine(union(KickMembers, BanMembers), [says({ deny: KickMembers })])).toBe(BanMembers));

  it('are all permissions for the owner, whatever the roles are', () =>
    expect(computeGuildPermissions({ ...member({ deny: ALL_PERMISSIONS }), isOwner: true })).toBe(ALL_PERMISSIONS));

  it('are all permissions with ADMINISTRATOR, even those that a higher role denies', () =>
    expect(computeGuildPermissions(member({}, { allow: Administrator }, { deny: KickMembers }))).toBe(ALL_PERMISSIONS));

  it('do not contain ADMINISTRATOR if a higher role denies it', () =>
    expect(computeGuildPermissions(member({}, { allow: Administrator }, { deny: Administrator }))).toBe(
      NO_PERMISSIONS,
    ));
});

describe('a timeout', () => {
  it('leaves VIEW_TRACK and VIEW_MESSAGE_HISTORY at most', () => {
    const timedOut = { ...member({ allow: union(ViewTrack, CreateMessage, BanMembers) }), isTimedOut: true };
    expect(computeGuildPermissions(timedOut)).toBe(ViewTrack);
    expect(
      computeTrackPermissions(timedOut, track(about(USER_ID, { allow: union(CreateMessage, ViewMessageHistory) }))),
    ).toBe(union(ViewTrack, ViewMessageHistory));
  });

  it('changes nothing for the owner and for ADMINISTRATOR', () => {
    expect(computeTrackPermissions({ ...member({}), isOwner: true, isTimedOut: true }, track())).toBe(ALL_PERMISSIONS);
    expect(computeTrackPermissions({ ...member({ allow: Administrator }), isTimedOut: true }, track())).toBe(
      ALL_PERMISSIONS,
    );
  });
});

describe('the permissions in a track', () => {
  const seeing = member({ allow: union(ViewTrack, CreateMessage) });

  it('apply the overwrite of @everyone first, then those of the roles in their order, then that of the member', () => {
    const overwrites = [
      about(USER_ID, { allow: DeleteMessages }),
      about(HIGH, { deny: DeleteMessages }),
      about(LOW, { allow: DeleteMessages }),
      about(EVERYONE, { deny: DeleteMessages }),
    ];
    const may = (...of: SubjectOverwrite[]): boolean =>
      has(computeTrackPermissions(seeing, track(...of)), DeleteMessages);
    expect([
      may(...overwrites),
      may(...overwrites.slice(1)),
      may(...overwrites.slice(2)),
      may(...overwrites.slice(3)),
    ]).toEqual([true, false, true, false]);
  });

  it('ignore overwrites of other roles and members', () => {
    const others: SubjectOverwrite[] = [
      about(ABSENT, { allow: BanMembers }),
      { ...about(USER_ID, { allow: BanMembers }), type: 'role' },
      { ...about(LOW, { allow: BanMembers }), type: 'member' },
    ];
    expect(computeTrackPermissions(seeing, track(...others))).toBe(union(ViewTrack, CreateMessage));
  });

  it('take each bit that the track does not mention from the category', () => {
    const category = [about(LOW, { allow: union(DeleteMessages, BanMembers) })];
    expect(computeTrackPermissions(seeing, inCategory(category, track(about(LOW, { deny: BanMembers }))))).toBe(
      union(ViewTrack, CreateMessage, DeleteMessages),
    );
  });

  it('apply the overwrite of a category for a member after the overwrite of a track for a role', () =>
    expect(
      has(
        computeTrackPermissions(
          seeing,
          inCategory([about(USER_ID, { allow: DeleteMessages })], track(about(HIGH, { deny: DeleteMessages }))),
        ),
        DeleteMessages,
      ),
    ).toBe(true));

  it('ignore the category if `inherits` is false', () =>
    expect(
      computeTrackPermissions(seeing, { ...inCategory([about(EVERYONE, { deny: ViewTrack })]), inherits: false }),
    ).toBe(union(ViewTrack, CreateMessage)));

  it('are empty without VIEW_TRACK', () =>
    expect(computeTrackPermissions(seeing, track(about(EVERYONE, { deny: ViewTrack, allow: DeleteMessages })))).toBe(
      NO_PERMISSIONS,
    ));

  it('do not contain mentioning and attaching without CREATE_MESSAGE', () =>
    expect(
      computeTrackPermissions(
        seeing,
        track(about(LOW, { deny: CreateMessage, allow: union(MentionEveryone, AttachFiles, DeleteMessages) })),
      ),
    ).toBe(union(ViewTrack, DeleteMessages)));

  it('are all permissions with ADMINISTRATOR, which no overwrite can grant', () => {
    expect(
      computeTrackPermissions(member({ allow: Administrator }), track(about(USER_ID, { deny: ALL_PERMISSIONS }))),
    ).toBe(ALL_PERMISSIONS);
    expect(computeTrackPermissions(seeing, track(about(USER_ID, { allow: Administrator })))).toBe(
      union(ViewTrack, CreateMessage),
    );
  });
});

interface Verdict {
  readonly granted: boolean;
  readonly decided_by: DecisionReason;
}

/** The rules once more, as the design tells them: for one bit, from the last word backwards. */
function judgeNaively(subject: Subject, rules: TrackRules | undefined, bit: PermissionSet): Verdict {
  type Speaker = readonly [Overwrite, DecisionReason];
  const word = ([{ allow, deny }, step]: Speaker, about: PermissionSet): Verdict[] =>
    has(allow, about)
      ? [{ granted: true, decided_by: step }]
      : has(deny, about)
        ? [{ granted: false, decided_by: step }]
        : [];
  const rolesDown = subject.roles.toReversed();
  const guildWide = rolesDown.map((role): Speaker => [role, { kind: 'role', role_id: role.id }]);
  const inPlaces = (type: 'role' | 'member', id: bigint): Speaker[] =>
    (['track', 'category'] as const).flatMap((place) => {
      const overwrites = place === 'track' ? rules!.overwrites : rules!.inherits ? rules!.categoryOverwrites : [];
      return overwrites
        .filter((overwrite) => overwrite.type === type && overwrite.id === id)
        .map((overwrite): Speaker => [overwrite, { kind: 'overwrite', place, type, id }]);
    });
  const here = rules
    ? [...inPlaces('member', subject.userId), ...rolesDown.flatMap(({ id }) => inPlaces('role', id))]
    : [];
  const lastWord = (about: PermissionSet): Verdict =>
    [...(about === Administrator ? [] : here), ...guildWide].flatMap((speaker) => word(speaker, about))[0] ?? {
      granted: false,
      decided_by: { kind: 'default' },
    };
  const loses = (kind: 'hidden' | 'mute' | 'timeout'): Verdict => ({ granted: false, decided_by: { kind } });

  const administrator = lastWord(Administrator);
  if (subject.isOwner) return { granted: true, decided_by: { kind: 'owner' } };
  if (administrator.granted && administrator.decided_by.kind === 'role')
    return { granted: true, decided_by: { kind: 'administrator', role_id: administrator.decided_by.role_id } };
  const verdict = lastWord(bit);
  if (!verdict.granted) return verdict;
  if (rules && !lastWord(ViewTrack).granted) return loses('hidden');
  if (rules && !lastWord(CreateMessage).granted && (bit === MentionEveryone || bit === AttachFiles))
    return loses('mute');
  if (subject.isTimedOut && bit !== ViewTrack && bit !== ViewMessageHistory) return loses('timeout');
  return verdict;
}

const naively = (subject: Subject, rules?: TrackRules): PermissionSet =>
  union(...Object.values(Permission).filter((bit) => judgeNaively(subject, rules, bit).granted));

describe('any decision', () => {
  it('equals the rules, bit by bit, in the guild and in a track', () =>
    fc.assert(
      fc.property(subjects, trackRules, (subject, rules) => {
        expect(computeGuildPermissions(subject)).toBe(naively(subject));
        expect(computeTrackPermissions(subject, rules)).toBe(naively(subject, rules));
      }),
      { numRuns: 2_000 },
    ));

  it('is the same for a member with hundreds of roles among hundreds of overwrites', () =>
    fc.assert(
      fc.property(subjects, trackRules, fc.nat({ max: 200 }), (subject, rules, count) => {
        const silent = Array.from({ length: count }, (_, index) => ({ id: 1_000n + BigInt(index), ...says({}) }));
        expect(computeTrackPermissions({ ...subject, roles: [...subject.roles, ...silent] }, rules)).toBe(
          computeTrackPermissions(subject, rules),
        );
      }),
    ));

  it('depends on the inherited overwrite of each subject alone', () =>
    fc.assert(
      fc.property(subjects, trackRules, (subject, rules) => {
        const effective = effectiveOverwrites(rules);
        expect(new Set(effective.map(({ type, id }) => `${type} ${id}`)).size).toBe(effective.length);
        for (const { allow, deny } of effective) expect(intersection(allow, deny)).toBe(NO_PERMISSIONS);
        expect(
          computeTrackPermissions(subject, { overwrites: effective, inherits: false, categoryOverwrites: [] }),
        ).toBe(computeTrackPermissions(subject, rules));
      }),
    ));
});

describe('the explanation', () => {
  const deciderOf = (permission: string, subject: Subject, rules?: TrackRules) =>
    explain(subject, rules).bits.find((bit) => bit.permission === permission);

  it('names the last role that decided a bit, @everyone included', () => {
    const subject = member({ allow: union(KickMembers, BanMembers) }, {}, { deny: BanMembers });
    expect(deciderOf('KICK_MEMBERS', subject)).toEqual({
      permission: 'KICK_MEMBERS',
      granted: true,
      decided_by: { kind: 'role', role_id: EVERYONE },
    });
    expect(deciderOf('BAN_MEMBERS', subject)).toMatchObject({
      granted: false,
      decided_by: { kind: 'role', role_id: HIGH },
    });
    expect(deciderOf('MANAGE_ROLES', subject)).toMatchObject({ granted: false, decided_by: { kind: 'default' } });
  });

  it('names owner and administrator for all permissions', () => {
    expect(deciderOf('KICK_MEMBERS', { ...member({}), isOwner: true })).toMatchObject({
      granted: true,
      decided_by: { kind: 'owner' },
    });
    expect(deciderOf('KICK_MEMBERS', member({ deny: KickMembers }, { allow: Administrator }))).toMatchObject({
      granted: true,
      decided_by: { kind: 'administrator', role_id: LOW },
    });
  });

  it('names the overwrite and the track or category that contains it', () => {
    const rules = inCategory(
      [about(LOW, { allow: union(DeleteMessages, CreateMessage) })],
      track(about(LOW, { deny: CreateMessage })),
    );
    const subject = member({ allow: ViewTrack });
    expect(deciderOf('DELETE_MESSAGES', subject, rules)).toMatchObject({
      granted: true,
      decided_by: { kind: 'overwrite', place: 'category', type: 'role', id: LOW },
    });
    expect(deciderOf('CREATE_MESSAGE', subject, rules)).toMatchObject({
      granted: false,
      decided_by: { kind: 'overwrite', place: 'track', type: 'role', id: LOW },
    });
  });

  it('lists hidden tracks, missing CREATE_MESSAGE and timeouts only for permissions that they remove', () => {
    const subject = member({ allow: union(ViewTrack, KickMembers, AttachFiles) });
    const hiding = track(about(EVERYONE, { deny: ViewTrack }));
    expect(deciderOf('KICK_MEMBERS', subject, hiding)).toMatchObject({
      granted: false,
      decided_by: { kind: 'hidden' },
    });
    expect(deciderOf('VIEW_TRACK', subject, hiding)).toMatchObject({
      granted: false,
      decided_by: { kind: 'overwrite' },
    });
    expect(deciderOf('BAN_MEMBERS', subject, hiding)).toMatchObject({
      granted: false,
      decided_by: { kind: 'default' },
    });
    expect(deciderOf('ATTACH_FILES', subject, track())).toMatchObject({ granted: false, decided_by: { kind: 'mute' } });
    expect(deciderOf('KICK_MEMBERS', { ...subject, isTimedOut: true }, track())).toMatchObject({
      granted: false,
      decided_by: { kind: 'timeout' },
    });
    // It wouldn't come back with the end of the timeout.
    expect(deciderOf('ATTACH_FILES', { ...subject, isTimedOut: true }, track())).toMatchObject({
      granted: false,
      decided_by: { kind: 'mute' },
    });
  });

  it('agrees with every decision', () =>
    fc.assert(
      fc.property(subjects, fc.option(trackRules, { nil: undefined }), (subject, rules) => {
        const { permissions: explained, bits } = explain(subject, rules);
        expect(explained).toBe(rules ? computeTrackPermissions(subject, rules) : computeGuildPermissions(subject));
        expect(bits.filter(({ granted }) => granted).map(({ permission }) => permission)).toEqual(namesOf(explained));
      }),
      { numRuns: 2_000 },
    ));

  it('names for each bit the step that decided it', () =>
    fc.assert(
      fc.property(subjects, fc.option(trackRules, { nil: undefined }), (subject, rules) =>
        expect(explain(subject, rules).bits).toEqual(
          PERMISSION_NAMES.map((permission, index) => ({
            permission,
            ...judgeNaively(subject, rules, permissionSet(1n << BigInt(index))),
          })),
        ),
      ),
      { numRuns: 1_000 },
    ));
});
