declare const brand: unique symbol;

/** A set of permissions, one bit each. Created by `permissionSet`, which rejects unknown bits. */
export type PermissionSet = bigint & { readonly [brand]: 'PermissionSet' };

const bit = (index: number) => (1n << BigInt(index)) as PermissionSet;

/** Each permission as a set with one bit. */
export const Permission = {
  ModifyGuild: bit(0),
  KickMembers: bit(1),
  ModifyMembers: bit(2),
  ModifyMemberNicknames: bit(3),
  BanMembers: bit(4),
  CreateTrack: bit(5),
  ModifyTrack: bit(6),
  DeleteTracks: bit(7),
  ManageRoles: bit(8),
  Administrator: bit(9),
  CreateMessage: bit(10),
  DeleteMessages: bit(11),
  ViewMessageHistory: bit(12),
  CreateInvites: bit(13),
  DeleteInvites: bit(14),
  ViewTrack: bit(15),
  PinMessages: bit(16),
  AddReactions: bit(17),
  MentionEveryone: bit(18),
  ChangeNickname: bit(19),
  TimeoutMembers: bit(20),
  ViewAuditLog: bit(21),
  AttachFiles: bit(22),
  ManageWebhooks: bit(23),
} as const satisfies Record<string, PermissionSet>;

type Screaming<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? Rest extends Uncapitalize<Rest>
    ? `${Uppercase<First>}${Screaming<Rest>}`
    : `${Uppercase<First>}_${Screaming<Rest>}`
  : Name;

/** Name of a permission in the API: `MANAGE_ROLES`. */
export type PermissionName = Screaming<keyof typeof Permission>;

/** Names in the API, by bit. */
export const PERMISSION_NAMES = Object.keys(Permission).map((name) =>
  name.replace(/(?<=.)[A-Z]/g, '_$&').toUpperCase(),
) as readonly PermissionName[];

export const NO_PERMISSIONS = 0n as PermissionSet;
export const ALL_PERMISSIONS = ((1n << BigInt(PERMISSION_NAMES.length)) - 1n) as PermissionSet;

/** Returns the permissions in any of the sets. */
export const union = (...sets: readonly PermissionSet[]): PermissionSet =>
  sets.reduce((all, set) => (all | set) as PermissionSet, NO_PERMISSIONS);

/** Returns the permissions in `set` that are not in `without`. */
export const minus = (set: PermissionSet, without: PermissionSet): PermissionSet => (set & ~without) as PermissionSet;

/** Returns the permissions in both sets. */
export const intersection = (a: PermissionSet, b: PermissionSet): PermissionSet => (a & b) as PermissionSet;

/** Returns whether a set contains all requested permissions. */
export const has = (set: PermissionSet, requested: PermissionSet): boolean => (set & requested) === requested;

/** Returns the names of the permissions in a set, by bit. */
export const namesOf = (set: PermissionSet): PermissionName[] =>
  PERMISSION_NAMES.filter((_, index) => (set & bit(index)) !== 0n);

/** Permissions of @everyone in a new guild. */
export const EVERYONE_DEFAULT = union(
  Permission.CreateMessage,
  Permission.ViewMessageHistory,
  Permission.CreateInvites,
  Permission.ViewTrack,
  Permission.AddReactions,
  Permission.ChangeNickname,
);

/** Permissions that a member with a timeout keeps, if the member has them. */
export const TIMED_OUT_MAXIMUM = union(Permission.ViewTrack, Permission.ViewMessageHistory);

/** Permissions without effect for members without CREATE_MESSAGE. */
const NEEDS_CREATE_MESSAGE = union(Permission.MentionEveryone, Permission.AttachFiles);

/** @throws RangeError if the value has unknown bits */
export function permissionSet(value: bigint): PermissionSet {
  if (value < 0n || (value & ~ALL_PERMISSIONS) !== 0n)
    throw new RangeError(`${value} has bits that are no permission.`);
  return value as PermissionSet;
}

/** Permissions that a role or overwrite allows and denies. Disjoint; other permissions are unaffected. */
export interface Overwrite {
  readonly allow: PermissionSet;
  readonly deny: PermissionSet;
}

/** Allowed and denied permissions of a role in the guild. */
export interface RoleLayer extends Overwrite {
  readonly id: bigint;
}

/** Overwrite of a role or a member in one track. */
export interface SubjectOverwrite extends Overwrite {
  readonly id: bigint;
  readonly type: 'role' | 'member';
}

/** A member whose permissions are computed. */
export interface Subject {
  readonly userId: bigint;
  readonly isOwner: boolean;
  readonly isTimedOut: boolean;
  /** Lowest first; the first is @everyone. */
  readonly roles: readonly RoleLayer[];
}

/**
 * The roles that several members share. Nothing of one member applies to them: a `Subject` is not assignable to this type, so that permissions of a
 * group cannot be computed from one of its members.
 */
export interface RoleSubject {
  /** Lowest first; the first is @everyone. */
  readonly roles: readonly RoleLayer[];
  readonly userId?: never;
  readonly isOwner?: never;
  readonly isTimedOut?: never;
}

/** The overwrites that apply in a track. */
export interface TrackRules {
  readonly overwrites: readonly SubjectOverwrite[];
  /** Whether the category's overwrites apply too. */
  readonly inherits: boolean;
  /** Empty if the track has no category. */
  readonly categoryOverwrites: readonly SubjectOverwrite[];
}

/** Applies an overwrite: removes denied bits, then adds allowed bits. */
const applyOverwrite = (granted: PermissionSet, { allow, deny }: Overwrite): PermissionSet =>
  ((granted & ~deny) | allow) as PermissionSet;

/**
 * Applies role layers from lowest to highest. A higher role overrides lower ones for the bits that it allows or denies.
 */
export const combine = (base: PermissionSet, layers: readonly Overwrite[]): PermissionSet =>
  layers.reduce(applyOverwrite, base);

/** The rule that decided a permission, as published in explanations. */
export type DecisionReason =
  | { readonly kind: 'owner' }
  | { readonly kind: 'administrator'; readonly role_id: bigint }
  | { readonly kind: 'role'; readonly role_id: bigint }
  | {
      readonly kind: 'overwrite';
      readonly place: 'category' | 'track';
      readonly type: 'role' | 'member';
      readonly id: bigint;
    }
  /** An overwrite of a category that the caller cannot view. */
  | { readonly kind: 'category' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'hidden' }
  | { readonly kind: 'mute' }
  | { readonly kind: 'default' };

/** Called for each layer of a decision, in the order of application. Only explanations need one. */
type DecisionListener = (layer: Overwrite, step: DecisionReason) => void;

/** Computes a subject's permissions in the guild. */
export const computeGuildPermissions = (subject: Subject | RoleSubject): PermissionSet => decide(subject);

/** Computes a subject's permissions in a track: none without VIEW_TRACK. */
export const computeTrackPermissions = (subject: Subject | RoleSubject, rules: TrackRules): PermissionSet =>
  decide(subject, rules);

/** The decision about one permission, and the rule that made it. */
export interface Explained {
  readonly permission: PermissionName;
  readonly granted: boolean;
  readonly decided_by: DecisionReason;
}

/**
 * Computes a subject's permissions in the guild or a track, with the rule that decided each bit. Uses the code that
 * makes the decision.
 */
export function explain(
  subject: Subject,
  rules?: TrackRules,
): { readonly permissions: PermissionSet; readonly bits: readonly Explained[] } {
  const deciders: DecisionReason[] = PERMISSION_NAMES.map(() => ({ kind: 'default' }));
  const permissions = decide(subject, rules, ({ allow, deny }, step) => {
    // A number has enough bits for all permissions; the loop visits the set bits only.
    for (let left = Number(allow | deny); left !== 0; left &= left - 1) deciders[31 - Math.clz32(left & -left)] = step;
  });
  const bits = PERMISSION_NAMES.map((permission, index) => ({
    permission,
    granted: has(permissions, bit(index)),
    decided_by: deciders[index] as DecisionReason,
  }));
  return { permissions, bits };
}

/** Returns decisions for a caller who cannot view the category of the track: overwrites of the category are not named. */
export const withoutCategory = (bits: readonly Explained[]): readonly Explained[] =>
  bits.map((explained) =>
    explained.decided_by.kind === 'overwrite' && explained.decided_by.place === 'category'
      ? { ...explained, decided_by: { kind: 'category' } }
      : explained,
  );

/**
 * Returns the effective overwrite of one subject in a track: the category's overwrite, then the track's own, bit by
 * bit.
 */
export function effectiveOverwrite(
  { overwrites, inherits, categoryOverwrites }: TrackRules,
  type: SubjectOverwrite['type'],
  id: bigint,
): Overwrite | undefined {
  const own = find(overwrites, type, id);
  const inherited = inherits ? find(categoryOverwrites, type, id) : undefined;
  if (!own || !inherited) return own ?? inherited;
  return {
    allow: applyOverwrite(inherited.allow, own),
    deny: applyOverwrite(inherited.deny, { allow: own.deny, deny: own.allow }),
  };
}

/**
 * Returns the effective overwrite of each subject in a track. Together with the role order, they determine all
 * permissions in the track.
 */
export function effectiveOverwrites(rules: TrackRules): readonly SubjectOverwrite[] {
  const { overwrites, inherits, categoryOverwrites } = rules;
  if (!inherits || categoryOverwrites.length === 0) return overwrites;
  const onlyInherited = categoryOverwrites.filter(({ type, id }) => !find(overwrites, type, id));
  return [...onlyInherited, ...overwrites.map((own) => ({ ...own, ...effectiveOverwrite(rules, own.type, own.id) }))];
}

const GRANT_ALL: Overwrite = { allow: ALL_PERMISSIONS, deny: NO_PERMISSIONS };

function decide(subject: Subject | RoleSubject, rules?: TrackRules, witness?: DecisionListener): PermissionSet {
  if (subject.isOwner) {
    witness?.(GRANT_ALL, { kind: 'owner' });
    return ALL_PERMISSIONS;
  }
  let granted = NO_PERMISSIONS;
  let administrator: bigint | undefined;
  for (const role of subject.roles) {
    granted = applyOverwrite(granted, role);
    if (has(role.allow, Permission.Administrator)) administrator = role.id;
    witness?.(role, { kind: 'role', role_id: role.id });
  }
  if (has(granted, Permission.Administrator) && administrator !== undefined) {
    witness?.(GRANT_ALL, { kind: 'administrator', role_id: administrator });
    return ALL_PERMISSIONS;
  }
  if (rules) granted = applyOverwrites(granted, subject, rules, witness);
  return applyRestrictions(granted, subject, rules !== undefined, witness);
}

/**
 * Applies the overwrite of @everyone, those of the member's roles in position order, then the member's own; each from
 * the category first, then from the track.
 */
function applyOverwrites(
  base: PermissionSet,
  { roles, userId }: Subject | RoleSubject,
  rules: TrackRules,
  witness?: DecisionListener,
): PermissionSet {
  const own = overwriteLookup(rules.overwrites, roles.length);
  const inherited = overwriteLookup(rules.inherits ? rules.categoryOverwrites : EMPTY_OVERWRITE, roles.length);
  let granted = base;
  for (const { id } of roles) {
    granted = applyOverwriteOf(granted, 'category', inherited('role', id), witness);
    granted = applyOverwriteOf(granted, 'track', own('role', id), witness);
  }
  if (userId === undefined) return granted;
  granted = applyOverwriteOf(granted, 'category', inherited('member', userId), witness);
  return applyOverwriteOf(granted, 'track', own('member', userId), witness);
}

function applyOverwriteOf(
  granted: PermissionSet,
  place: 'category' | 'track',
  overwrite: SubjectOverwrite | undefined,
  witness?: DecisionListener,
): PermissionSet {
  if (!overwrite) return granted;
  const { id, type, allow, deny } = overwrite;
  const said = { allow: minus(allow, Permission.Administrator), deny: minus(deny, Permission.Administrator) };
  witness?.(said, { kind: 'overwrite', place, type, id });
  return applyOverwrite(granted, said);
}

type OverwriteLookup = (type: SubjectOverwrite['type'], id: bigint) => SubjectOverwrite | undefined;

const EMPTY_OVERWRITE: readonly SubjectOverwrite[] = [];
const nothing: OverwriteLookup = () => undefined;
const SMALL_ROLES = 32;

/**
 * Returns a function that finds the overwrite of a subject. For few roles, which is the usual case, a linear search is
 * faster than an index.
 */
function overwriteLookup(overwrites: readonly SubjectOverwrite[], roles: number): OverwriteLookup {
  if (overwrites.length === 0) return nothing;
  if (roles <= SMALL_ROLES) return (type, id) => find(overwrites, type, id);
  const byRole = new Map<bigint, SubjectOverwrite>();
  for (const overwrite of overwrites) if (overwrite.type === 'role') byRole.set(overwrite.id, overwrite);
  return (type, id) => (type === 'role' ? byRole.get(id) : find(overwrites, type, id));
}

const find = (
  overwrites: readonly SubjectOverwrite[],
  type: SubjectOverwrite['type'],
  id: bigint,
): SubjectOverwrite | undefined => overwrites.find((candidate) => candidate.id === id && candidate.type === type);

/** Removes permissions that have no effect without another one, and at last those that a timeout suspends. */
function applyRestrictions(
  granted: PermissionSet,
  subject: Subject | RoleSubject,
  inTrack: boolean,
  witness?: DecisionListener,
): PermissionSet {
  let left = granted;
  const take = (taken: PermissionSet, step: DecisionReason): void => {
    const lost = intersection(left, taken);
    left = minus(left, lost);
    witness?.({ allow: NO_PERMISSIONS, deny: lost }, step);
  };
  if (inTrack && !has(left, Permission.ViewTrack)) take(ALL_PERMISSIONS, { kind: 'hidden' });
  if (inTrack && !has(left, Permission.CreateMessage)) take(NEEDS_CREATE_MESSAGE, { kind: 'mute' });
  if (subject.isTimedOut) take(minus(ALL_PERMISSIONS, TIMED_OUT_MAXIMUM), { kind: 'timeout' });
  return left;
}
