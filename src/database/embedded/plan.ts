import type { Value } from './bson';
import type { Collection } from './catalog';
import { unsupported } from './errors';
import { all, type Comparison, type Filter } from './filter';
import type { Index } from './indexes';
import { after, keyOf, rankOf } from './keys';
import { isNaNValue } from './match';

/** Keys of an index, from `start` on and below `end`; without an end, to the index's last. */
export interface Bounds {
  readonly start: Buffer;
  readonly end: Buffer | undefined;
  /** How many bytes of each key are what was looked up: what follows them is in order. */
  readonly lookedUp: number;
}

/** The keys of one index that are read, and how; without an index it is that of `_id`, which is the collection itself. */
export interface Scan {
  readonly index: Index | undefined;
  readonly bounds: readonly Bounds[];
  readonly reverse: boolean;
  /** Whether there is one document at most. */
  readonly onlyOne: boolean;
  /** Whether the bounds are read side by side, to come in one order. */
  readonly merged: boolean;
}

/** An order: the fields that decide, the first before the others, all of them upwards or all downwards. */
export interface Sort {
  readonly fields: readonly string[];
  readonly reverse: boolean;
}

/** How documents are found, in the order that was asked for, and what is still to be checked of each. */
export interface Plan {
  readonly scans: readonly Scan[];
  readonly residual: Filter | undefined;
}

type Condition = Extract<Filter, { op: Comparison | 'in' }>;

/** `$in`s of several fields multiply; beyond this many ranges the later fields are checked document by document. */
const MAX_RANGES = 1_000;

/** As many ranges are merged into one order. The same as in MongoDB. */
const MAX_MERGED = 200;

/**
 * Chooses how to find what a filter describes: by the index with the most fields to look up.
 *
 * @throws CommandError NotImplemented when no index has the order that is asked for
 */
export function planFor(collection: Collection, filter: Filter, sort: Sort | undefined): Plan {
  const candidates = [undefined, ...collection.indexes]
    .map((index) => candidate(index, filter, sort))
    .filter((each) => each !== undefined);
  const best = candidates.toSorted((a, b) => b.score - a.score)[0];
  if (!best) throw unsupported(`a sort that no index serves, here by ${sort?.fields.join()}`);
  const union = best.score < LOOKUP && !sort ? planUnion(collection, filter) : undefined;
  return union ?? best.plan;
}

const conjuncts = (filter: Filter): readonly Filter[] => (filter.op === 'and' ? filter.filters : [filter]);

/** Each branch of an `$or` by its own index, together with the conditions beside it. */
function planUnion(collection: Collection, filter: Filter): Plan | undefined {
  for (const conjunct of conjuncts(filter)) {
    if (conjunct.op !== 'or') continue;
    const others = conjuncts(filter).filter((each) => each !== conjunct);
    const scans = conjunct.filters.flatMap((branch) => planFor(collection, all([branch, ...others]), undefined).scans);
    if (!scans.some(isWhole)) return { scans, residual: filter };
  }
  return undefined;
}

/** Returns whether a scan reads the whole collection. */
export const isWhole = ({ index, bounds }: Scan): boolean => !index && bounds[0]?.start.length === 0;

interface Candidate {
  readonly plan: Plan;
  readonly score: number;
}

// How good a plan is: one document at most, then the number of fields looked up, then a range.
const ONE = 1_000;
const LOOKUP = 10;
const RANGE = 5;

/** A plan with one index; none when that lacks documents that are asked for, or their order, or has nothing to look up by. */
function candidate(index: Index | undefined, filter: Filter, sort: Sort | undefined): Candidate | undefined {
  if (index && !covers(index, filter)) return undefined;
  const fields = index?.fields ?? ['_id'];
  const lookups: Value[][] = [];
  const used = new Set<Filter>();
  let ranges = 1;
  for (const field of fields) {
    const condition = lookupOn(field, filter);
    const values = condition && (condition.op === 'in' ? distinctValues(condition.values) : [condition.value]);
    if (!values || (lookups.length > 0 && ranges * values.length > MAX_RANGES)) break;
    ranges *= values.length;
    lookups.push(values);
    used.add(condition);
  }
  const next = fields[lookups.length];
  const interval = next === undefined ? undefined : intervalOn(next, filter, index?.multikey ?? false, used);
  if (index && lookups.length === 0 && !interval && !sort) return undefined;
  const onlyOne = lookups.length === fields.length && ranges === 1 && (index?.unique ?? true) && !index?.multikey;
  const ordered = sort !== undefined && !onlyOne;
  if (ordered && (ranges > MAX_MERGED || !givesOrder(index, fields, lookups, sort))) return undefined;
  const { bounds, exact } = boundsOf(lookups, interval);
  const residual = remaining(filter, used, exact && !index?.multikey);
  const score = (onlyOne ? ONE : 0) + lookups.length * LOOKUP + (interval ? RANGE : 0);
  return {
    plan: {
      scans: [{ index, bounds, reverse: ordered && sort.reverse, onlyOne, merged: ordered && ranges > 1 }],
      residual,
    },
    score,
  };
}

/** Returns whether an index has every document that a filter can match. */
const covers = ({ only }: Index, filter: Filter): boolean =>
  only === undefined || conjuncts(filter).some((each) => impliesPresence(each, only));

function impliesPresence(given: Filter, field: string): boolean {
  if (!('path' in given) || given.path.join('.') !== field) return false;
  if (given.op === 'in') return !given.values.includes(null);
  return !('value' in given) || (given.value !== null && isPlain(given.value));
}

/** Values whose bounds mean what the comparison means: no null, which is also missing, and nothing that stands for itself only. */
const isPlain = (value: Value): boolean => value !== null && !Array.isArray(value) && !isNaNValue(value);

function lookupOn(field: string, filter: Filter): Condition | undefined {
  const conditions = conjuncts(filter).filter(
    (each): each is Condition => (each.op === 'eq' || each.op === 'in') && each.path.join('.') === field,
  );
  // An array is looked up by its elements in an index, so a whole one is not.
  const usable = conditions.filter((each) =>
    (each.op === 'in' ? each.values : [each.value]).every((value) => !Array.isArray(value)),
  );
  return usable.find(({ op }) => op === 'eq') ?? usable[0];
}

function distinctValues(values: readonly Value[]): Value[] {
  const byKey = new Map(values.map((value) => [keyOf(value).toString('latin1'), value]));
  return [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}

/** A range of one field, in bytes: its keys are from `start` on and below `end`. */
interface Interval {
  readonly start: Buffer;
  readonly end: Buffer;
}

function intervalOn(field: string, filter: Filter, multikey: boolean, used: Set<Filter>): Interval | undefined {
  const isRange = (each: Filter): each is Extract<Filter, { op: Comparison }> =>
    (each.op === 'gt' || each.op === 'gte' || each.op === 'lt' || each.op === 'lte') &&
    each.path.join('.') === field &&
    isPlain(each.value);
  const [first, ...others] = conjuncts(filter).filter(isRange);
  if (!first) return undefined;
  // Different elements of an array may meet the two ends of a range, so only one of the ends bounds a multikey index.
  const conditions = [first, ...(multikey ? [] : others)].filter(({ value }) => rankOf(value) === rankOf(first.value));
  for (const condition of conditions) used.add(condition);
  const intervals = conditions.map(intervalOf);
  return {
    start: intervals.map(({ start }) => start).reduce(greater),
    end: intervals.map(({ end }) => end).reduce(lesser),
  };
}

const greater = (a: Buffer, b: Buffer): Buffer => (a.compare(b) > 0 ? a : b);
const lesser = (a: Buffer, b: Buffer): Buffer => (a.compare(b) < 0 ? a : b);

/** NaN is the lowest number, and compares with nothing. */
const LOWEST_NUMBER = Buffer.of(rankOf(0), 0x00, 0x0f);

/** What compares with a value in a way: values of its kind only. */
function intervalOf({ op, value }: { op: Comparison; value: Value }): Interval {
  const key = keyOf(value);
  const kind = Buffer.of(rankOf(value));
  if (op === 'gt' || op === 'gte') return { start: op === 'gt' ? behind(key) : key, end: behind(kind) };
  return {
    start: kind.equals(LOWEST_NUMBER.subarray(0, 1)) ? LOWEST_NUMBER : kind,
    end: op === 'lte' ? behind(key) : key,
  };
}

/** The first key behind all that begin as this one does: there is one, since no key begins with all bits set. */
const behind = (key: Buffer): Buffer => after(key) as Buffer;

/** Every combination of the values looked up, each with the range behind it. */
function boundsOf(lookups: readonly Value[][], interval: Interval | undefined): { bounds: Bounds[]; exact: boolean } {
  const none = [Buffer.alloc(0)];
  const prefixes = lookups.reduce(
    (before, values) => before.flatMap((prefix) => values.map((value) => Buffer.concat([prefix, keyOf(value)]))),
    none,
  );
  const bounds = prefixes.map((prefix) => ({
    start: interval ? Buffer.concat([prefix, interval.start]) : prefix,
    end: interval ? Buffer.concat([prefix, interval.end]) : after(prefix),
    lookedUp: prefix.length,
  }));
  return { bounds, exact: lookups.flat().every(isPlain) };
}

/** Returns whether an index, beyond the fields looked up, has the order that is asked for. */
function givesOrder(
  index: Index | undefined,
  fields: readonly string[],
  lookups: readonly Value[][],
  sort: Sort,
): boolean {
  // Where there are arrays, a document is at several places by its fields, but at one by its `_id`.
  if (index?.multikey && sort.fields.some((field) => field !== '_id')) return false;
  const fixed = fields.filter((_, at) => lookups[at]?.length === 1);
  const requested = sort.fields.filter((field) => !fixed.includes(field));
  // Behind its own fields, an index that isn't unique is in the order of `_id`.
  const given = [...fields.slice(lookups.length), ...(index?.unique ? [] : ['_id'])];
  return requested.every((field, at) => field === given[at]);
}

function remaining(filter: Filter, used: ReadonlySet<Filter>, exact: boolean): Filter | undefined {
  const rest = exact ? conjuncts(filter).filter((each) => !used.has(each)) : conjuncts(filter);
  return rest.length === 0 ? undefined : all(rest);
}
