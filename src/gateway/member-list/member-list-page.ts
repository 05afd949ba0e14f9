import { isDeepStrictEqual } from 'node:util';
import type { Snowflake } from '../../common/snowflake';
import type { MemberDto } from '../../members/member.dto';
import type { MemberRange } from '../../members/members.repository';

/** A member as lists have them. The same object stands for a member who is the same. */
export interface ListedMember extends MemberDto {
  readonly username: string;
}

/** What became of a part of a list. */
export interface Difference {
  /** Who is in it now, in order; undefined when that is as before. */
  readonly userIds: readonly Snowflake[] | undefined;
  /** Those who are new in it or different. */
  readonly changed: readonly ListedMember[];
}

/** A part of a guild's list of members, as it was at one moment. */
export class MemberListPage {
  private readonly byId: ReadonlyMap<Snowflake, ListedMember>;

  private constructor(
    private readonly range: MemberRange,
    private readonly members: readonly ListedMember[],
    /** How many members the guild has. */
    readonly memberCount: number,
  ) {
    this.byId = new Map(members.map((member) => [member.user_id, member]));
  }

  /** What is known before anything was read. */
  static readonly NOTHING = new MemberListPage([0, -1], [], 0);

  /** A list of those who were found in a range. @param counted how many members were counted; where the list ends is known better */
  static read(range: MemberRange, members: readonly ListedMember[], counted: number): MemberListPage {
    const [first, last] = range;
    const hasEnd = members.length < last - first + 1 && (first === 0 || members.length > 0);
    return new MemberListPage(range, members, hasEnd ? first + members.length : counted);
  }

  /** The users in this part. */
  get userIds(): Iterable<Snowflake> {
    return this.byId.keys();
  }

  /** Whether everything in a range is known. */
  covers([first, last]: MemberRange): boolean {
    return this.range[0] <= first && last <= this.range[1];
  }

  /** Who is in a range of this part, in order. */
  within([first, last]: MemberRange): readonly ListedMember[] {
    return this.members.slice(Math.max(0, first - this.range[0]), Math.max(0, last - this.range[0] + 1));
  }

  find(userId: Snowflake): ListedMember | undefined {
    return this.byId.get(userId);
  }

  /** These members, each as the object that this list has of them unless they are different. */
  reuseUnchanged(members: readonly ListedMember[]): ListedMember[] {
    return members.map((member) => {
      const existing = this.byId.get(member.user_id);
      return existing && isDeepStrictEqual(existing, member) ? existing : member;
    });
  }
}

/** What became of a part of a list between two moments. */
export function difference(before: readonly ListedMember[], after: readonly ListedMember[]): Difference {
  const existing = new Set(before);
  const isSameOrder =
    before.length === after.length && before.every(({ user_id }, index) => user_id === after[index]?.user_id);
  return {
    userIds: isSameOrder ? undefined : after.map(({ user_id }) => user_id),
    changed: after.filter((member) => !existing.has(member)),
  };
}

/** The smallest range that has all of these in it. */
export const enclosingRange = (ranges: readonly MemberRange[]): MemberRange => [
  Math.min(...ranges.map(([first]) => first)),
  Math.max(...ranges.map(([, last]) => last)),
];
