import { isDeepStrictEqual } from 'node:util';
import type { Snowflake } from '../../common/snowflake';
import type { MemberDto } from '../../members/member.dto';
import type { MemberRange } from '../../members/members.repository';

/** A member with the username. Unchanged members keep the same object between reads. */
export interface ListedMember extends MemberDto {
  readonly username: string;
}

/** The difference between two versions of a range. */
export interface Difference {
  /** The user ids after the change, in order; undefined if they are unchanged. */
  readonly userIds: readonly Snowflake[] | undefined;
  /** Members who are new in the range or have changed. */
  readonly changed: readonly ListedMember[];
}

/** A loaded range of a guild's member list. */
export class MemberListPage {
  private readonly byId: ReadonlyMap<Snowflake, ListedMember>;

  private constructor(
    private readonly range: MemberRange,
    private readonly members: readonly ListedMember[],
    /** The number of members of the guild. */
    readonly memberCount: number,
  ) {
    this.byId = new Map(members.map((member) => [member.user_id, member]));
  }

  /** The page before anything was loaded. */
  static readonly EMPTY = new MemberListPage([0, -1], [], 0);

  /**
   * Creates a page from the members that a query found in a range.
   * @param counted the stored number of members; replaced by the exact number if the range contains the end of the list
   */
  static read(range: MemberRange, members: readonly ListedMember[], counted: number): MemberListPage {
    const [first, last] = range;
    const hasEnd = members.length < last - first + 1 && (first === 0 || members.length > 0);
    return new MemberListPage(range, members, hasEnd ? first + members.length : counted);
  }

  /** The ids of the users in the page. */
  get userIds(): Iterable<Snowflake> {
    return this.byId.keys();
  }

  /** Returns whether the page contains a whole range. */
  covers([first, last]: MemberRange): boolean {
    return this.range[0] <= first && last <= this.range[1];
  }

  /** Returns the members in a range, in order. */
  within([first, last]: MemberRange): readonly ListedMember[] {
    return this.members.slice(Math.max(0, first - this.range[0]), Math.max(0, last - this.range[0] + 1));
  }

  find(userId: Snowflake): ListedMember | undefined {
    return this.byId.get(userId);
  }

  /** Returns the members, each as the object of this page if the member is unchanged. */
  reuseUnchanged(members: readonly ListedMember[]): ListedMember[] {
    return members.map((member) => {
      const existing = this.byId.get(member.user_id);
      return existing && isDeepStrictEqual(existing, member) ? existing : member;
    });
  }
}

/** Computes the difference between two versions of a range. */
export function difference(before: readonly ListedMember[], after: readonly ListedMember[]): Difference {
  const existing = new Set(before);
  const isSameOrder =
    before.length === after.length && before.every(({ user_id }, index) => user_id === after[index]?.user_id);
  return {
    userIds: isSameOrder ? undefined : after.map(({ user_id }) => user_id),
    changed: after.filter((member) => !existing.has(member)),
  };
}

/** Returns the smallest range that contains all ranges. */
export const enclosingRange = (ranges: readonly MemberRange[]): MemberRange => [
  Math.min(...ranges.map(([first]) => first)),
  Math.max(...ranges.map(([, last]) => last)),
];
