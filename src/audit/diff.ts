import { isDeepStrictEqual } from 'node:util';
import type { Snowflake } from '../common/snowflake';

/** The change of one field. */
export interface AuditChange {
  /** The object that the field belongs to, if several objects changed. */
  readonly id?: Snowflake;
  readonly key: string;
  /** The old value, of a list only the removed items; null if there was none. */
  readonly old: unknown;
  /** The new value, of a list only the added items; null if there is none. */
  readonly new: unknown;
}

/** An object as clients see it, by field. */
type Fields = Readonly<Record<string, unknown>>;

// Fields that identify an object or change with every write.
const IGNORED_FIELDS: ReadonlySet<string> = new Set([
  'id',
  'guild_id',
  'track_id',
  'user_id',
  'created_at',
  'joined_at',
  'version',
]);

/** Returns the fields that differ; all fields if the object was created or deleted. */
export function diffFields(before: object, after: object): AuditChange[] {
  const [was, is] = [before as Fields, after as Fields];
  const keys = new Set([...Object.keys(was), ...Object.keys(is)]);
  return [...keys].flatMap((key) => (IGNORED_FIELDS.has(key) ? [] : changeOf(key, was[key] ?? null, is[key] ?? null)));
}

/** Returns the differences of several objects by id. */
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
