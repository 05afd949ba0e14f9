import { isDeepStrictEqual } from 'node:util';
import type { Snowflake } from '../common/snowflake';

/** What became of one field. */
export interface AuditChange {
  /** Which one it is a field of, when several changed at once. */
  readonly id?: Snowflake;
  readonly key: string;
  /** What it was, of a list only what left it; null when there was nothing. */
  readonly old: unknown;
  /** What it is, of a list only what came to it; null when there is nothing. */
  readonly new: unknown;
}

/** Something as clients see it, field by field. */
type Fields = Readonly<Record<string, unknown>>;

// What says which one it is and since when, and what grows with every change.
const IGNORED_FIELDS: ReadonlySet<string> = new Set([
  'id',
  'guild_id',
  'track_id',
  'user_id',
  'created_at',
  'joined_at',
  'version',
]);

/** What is different in something, field by field; all that it has, when there was none of it before or there is none any more. */
export function diffFields(before: object, after: object): AuditChange[] {
  const [was, is] = [before as Fields, after as Fields];
  const keys = new Set([...Object.keys(was), ...Object.keys(is)]);
  return [...keys].flatMap((key) => (IGNORED_FIELDS.has(key) ? [] : changeOf(key, was[key] ?? null, is[key] ?? null)));
}

/** The same for several things at once, each by its id. */
export const diffMany = (
  ids: Iterable<Snowflake>,
  was: (id: Snowflake) => object,
  is: (id: Snowflake) => object,
): AuditChange[] => [...new Set(ids)].flatMap((id) => diffFields(was(id), is(id)).map((change) => ({ id, ...change })));

function changeOf(key: string, was: unknown, is: unknown): AuditChange[] {
  if (!Array.isArray(was) && !Array.isArray(is)) return isDeepStrictEqual(was, is) ? [] : [{ key, old: was, new: is }];
  const [left, came] = [without(was, is), without(is, was)];
  return left.length > 0 || came.length > 0 ? [{ key, old: left, new: came }] : [];
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function without(list: unknown, others: unknown): readonly unknown[] {
  const existing = listOf(others);
  return listOf(list).filter((element) => !existing.some((other) => isDeepStrictEqual(element, other)));
}
