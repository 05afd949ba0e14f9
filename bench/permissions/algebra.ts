import {
  ALL_PERMISSIONS,
  explain,
  has,
  computeGuildPermissions,
  computeTrackPermissions,
  minus,
  NO_PERMISSIONS,
  type Overwrite,
  Permission,
  PERMISSION_NAMES,
  permissionSet,
  type PermissionSet,
  type RoleLayer,
  type Subject,
  type SubjectOverwrite,
  type TrackRules,
  union,
} from '../../src/permissions/compute-permissions';
import { median } from '../support/statistics';

const ROLES = [1, 20, 200];
const OVERWRITES = 100;
const ROUNDS = 7;
const ROUND_MS = 60;
const USER = 1n << 40n;

/** What one decision takes, in microseconds. */
export interface AlgebraRow {
  readonly roles: number;
  readonly overwrites: number;
  readonly decide: number;
  /** The same question by the algorithm that Discord publishes, on the same members and overwrites. */
  readonly published: number;
  readonly explain: number;
}

/** Something that some speak about, others not, and none of them ADMINISTRATOR. */
function saidBy(n: number): Overwrite {
  const some = (seed: number): bigint =>
    PERMISSION_NAMES.reduce((set, _, bit) => ((bit * 7 + seed * 13) % 5 === 0 ? set | (1n << BigInt(bit)) : set), 0n) &
    ~Permission.Administrator;
  const allow = permissionSet(some(n) | Permission.ViewTrack);
  return { allow, deny: minus(permissionSet(some(n + 1)), allow) };
}

/**
 * What Discord documents: all roles' permissions together, then in a channel @everyone's overwrite, those of the roles together, and the member's.
 *
 * @see https://docs.discord.com/developers/topics/permissions#permission-overwrites
 */
function published({ roles, isOwner, userId }: Subject, rules?: TrackRules): PermissionSet {
  if (isOwner) return ALL_PERMISSIONS;
  const base = union(...roles.map(({ allow }) => allow));
  if (has(base, Permission.Administrator)) return ALL_PERMISSIONS;
  if (!rules) return base;
  const byId = new Map(rules.overwrites.map((overwrite) => [overwrite.id, overwrite]));
  const over = (set: bigint, overwrite: Overwrite | undefined): bigint =>
    overwrite ? (set & ~overwrite.deny) | overwrite.allow : set;
  let [allow, deny] = [NO_PERMISSIONS as bigint, NO_PERMISSIONS as bigint];
  for (const { id } of roles.slice(1)) {
    const overwrite = byId.get(id);
    if (!overwrite) continue;
    allow |= overwrite.allow;
    deny |= overwrite.deny;
  }
  return over((over(base, byId.get(roles[0]!.id)) & ~deny) | allow, byId.get(userId)) as PermissionSet;
}

/** How long each takes, by turns. */
function timesOf(tasks: readonly (() => unknown)[]): number[] {
  const times: number[][] = tasks.map(() => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, task] of tasks.entries()) {
      const start = performance.now();
      let done = 0;
      while (performance.now() - start < ROUND_MS) {
        for (let each = 0; each < 20; each += 1) task();
        done += 20;
      }
      times[index]?.push(((performance.now() - start) * 1_000) / done);
    }
  }
  return times.map(median);
}

/** Decisions for members with few and many roles, in the guild and in a track with a hundred overwrites, half of them its category's. */
export function measureAlgebra(): AlgebraRow[] {
  return ROLES.flatMap((count) => {
    const roles: RoleLayer[] = Array.from({ length: count }, (_, index) => ({
      id: BigInt(index + 1),
      ...saidBy(index),
    }));
    const subject: Subject = { userId: USER, isOwner: false, isTimedOut: false, roles };
    const overwrite = (index: number): SubjectOverwrite => ({
      id: BigInt(index * 2 + 1),
      type: 'role',
      ...saidBy(index + 3),
    });
    const all = Array.from({ length: OVERWRITES }, (_, index) => overwrite(index));
    const flat: TrackRules = { overwrites: all, inherits: false, categoryOverwrites: [] };
    const nested: TrackRules = {
      overwrites: all.slice(0, OVERWRITES / 2),
      inherits: true,
      categoryOverwrites: all.slice(OVERWRITES / 2),
    };
    const [guild, guildPublished, guildExplain] = timesOf([
      () => computeGuildPermissions(subject),
      () => published(subject),
      () => explain(subject),
    ]);
    const [track, trackPublished, trackExplain] = timesOf([
      () => computeTrackPermissions(subject, nested),
      () => published(subject, flat),
      () => explain(subject, nested),
    ]);
    return [
      { roles: count, overwrites: 0, decide: guild!, published: guildPublished!, explain: guildExplain! },
      { roles: count, overwrites: OVERWRITES, decide: track!, published: trackPublished!, explain: trackExplain! },
    ];
  });
}
