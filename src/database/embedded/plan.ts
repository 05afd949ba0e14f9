import type { Value } from './bson';
import type { Collection } from './catalog';
import { all, type Comparison, type Filter } from './filter';
import type { Index, KeyPart, KeyPattern } from './indexes';
import { after, equal, keyOf, rankOf } from './keys';
import { isNaNValue } from './match';
import { MAX_KEY_BYTES } from './storage';

/** Keys of an index, from `start` on and below `end`; without an end, to the index's last. */
export interface Bounds {
  readonly start: Buffer;
  readonly end: Buffer | undefined;
  /** How many bytes of each key are what was looked up: what follows them is in order. */
  readonly lookedUp: number;
}

/** How documents are found. */
export type Source =
  | { readonly kind: 'collection'; readonly reverse: boolean }
  | { readonly kind: 'index'; readonly index: Index | undefined; readonly bounds: readonly Bounds[]; readonly reverse: boolean; readonly onlyOne: boolean; readonly merged: boolean }
  | { readonly kind: 'union'; readonly sources: readonly Source[] };

/** A source, what is still to be checked of each document, and whether they come in the order that was asked for. */
export interface Plan {
  readonly source: Source;
  readonly residual: Filter | undefined;
  readonly sorted: boolean;
}

type Condition = Extract<Filter, { op: Comparison | 'in' }>;

/** The index of `_id`, which is the collection itself: there is no tree of its own. */
const ID_PART: KeyPart = { field: '_id', path: ['_id'], descending: false };

/** `$in`s of several fields multiply; beyond this many ranges the later fields are checked document by document. */
const MOST_RANGES = 1_000;

/** As many ranges are merged into one order; more are sorted. The same as in MongoDB. */
const MOST_MERGED = 200;

/**
 * Chooses how to find what a filter describes: the index with the most fields to look up, then the one that spares a sort.
 */
export function planFor(collection: Collection, filter: Filter, sort: KeyPattern | undefined): Plan {
  const candidates = [candidate(undefined, filter, sort), ...collection.indexes.map((index) => candidate(index, filter, sort))];
  const best = candidates.filter((each) => each !== undefined).toSorted((a, b) => b.score - a.score)[0];
  if (best && best.score >= LOOKUP) return best.plan;
  const union = planUnion(collection, filter);
  if (union) return { source: union, residual: filter, sorted: sort === undefined };
  if (best) return best.plan;
  return { source: { kind: 'collection', reverse: false }, residual: isEmpty(filter) ? undefined : filter, sorted: sort === undefined };
}

const isEmpty = (filter: Filter): boolean => filter.op === 'and' && filter.filters.length === 0;

const conjuncts = (filter: Filter): readonly Filter[] => (filter.op === 'and' ? filter.filters : [filter]);

/** Each branch of an `$or` by its own index, together with the conditions beside it. */
function planUnion(collection: Collection, filter: Filter): Source | undefined {
  for (const conjunct of conjuncts(filter)) {
    if (conjunct.op !== 'or') continue;
    const others = conjuncts(filter).filter((each) => each !== conjunct);
    const sources = conjunct.filters.map((branch) => planFor(collection, all([branch, ...others]), undefined).source);
    if (sources.every(({ kind }) => kind !== 'collection')) return { kind: 'union', sources };
  }
  return undefined;
}

interface Candidate {
  readonly plan: Plan;
  readonly score: number;
}

// How good a plan is: one document at most, then the number of fields looked up, then a range, then an order that needs no sort.
const ONE = 1_000;
const LOOKUP = 10;
const SORTED = 4;
const RANGE = 5;

function candidate(index: Index | undefined, filter: Filter, sort: KeyPattern | undefined): Candidate | undefined {
  if (index && !covers(index, filter)) return undefined;
  const parts = index?.parts ?? [ID_PART];
  const lookups: Value[][] = [];
  const used = new Set<Filter>();
  let ranges = 1;
  for (const part of parts) {
    const condition = lookupOn(part, filter);
    const values = condition && (condition.op === 'in' ? distinctValues(condition.values) : [condition.value]);
    if (!values || (lookups.length > 0 && ranges * values.length > MOST_RANGES)) break;
    ranges *= values.length;
    lookups.push(values);
    used.add(condition);
  }
  const next = parts[lookups.length];
  const interval = next && intervalOn(next, filter, index?.multikey ?? false, used);
  const order = sort && ranges <= MOST_MERGED ? orderOf(index, parts, lookups, sort) : undefined;
  // An index that gives nothing but an order must have every document: none for want of the field, none twice.
  if (lookups.length === 0 && !interval && !order) return undefined;
  const complete = lookups.length === (index?.parts.length ?? 1);
  const onlyOne = complete && ranges === 1 && (index?.unique ?? true) && !index?.multikey;
  const sorted = sort === undefined || order !== undefined || onlyOne;
  const { bounds, exact } = boundsOf(parts, lookups, interval);
  const residual = remaining(filter, used, exact && !index?.multikey);
  const score = (onlyOne ? ONE : 0) + lookups.length * LOOKUP + (interval ? RANGE + (lookups.length === 0 ? RANGE : 0) : 0) + (sorted ? SORTED : 0);
  return { plan: { source: { kind: 'index', index, bounds, reverse: order === 'reverse', onlyOne, merged: order !== undefined && ranges > 1 }, residual, sorted }, score };
}

/** Whether an index has every document that a filter can match. */
function covers(index: Index, filter: Filter): boolean {
  const given = conjuncts(filter);
  if (index.partial) return conjuncts(index.partial.filter).every((needed) => given.some((each) => implies(each, needed)));
  return !index.sparse || index.parts.some(({ field }) => given.some((each) => impliesPresence(each, field)));
}

function implies(given: Filter, needed: Filter): boolean {
  if (needed.op === 'exists') return impliesPresence(given, needed.path.join('.'));
  return 'value' in needed && 'value' in given && given.op === needed.op && given.path.join('.') === needed.path.join('.') && equal(given.value, needed.value);
}

function impliesPresence(given: Filter, field: string): boolean {
  if (!('path' in given) || given.path.join('.') !== field) return false;
  if (given.op === 'in') return !given.values.includes(null);
  return !('value' in given) || (given.value !== null && isPlain(given.value));
}

/** Values whose bounds mean what the comparison means: no null, which is also missing, and nothing that stands for itself only. */
const isPlain = (value: Value): boolean => value !== null && !Array.isArray(value) && !isNaNValue(value);

function lookupOn({ field }: KeyPart, filter: Filter): Condition | undefined {
  const conditions = conjuncts(filter).filter((each): each is Condition => (each.op === 'eq' || each.op === 'in') && each.path.join('.') === field);
  // An array is looked up by its elements in an index, so a whole one is not.
  const usable = conditions.filter((each) => (each.op === 'in' ? each.values : [each.value]).every((value) => !Array.isArray(value)));
  return usable.find(({ op }) => op === 'eq') ?? usable[0];
}

function distinctValues(values: readonly Value[]): Value[] {
  const byKey = new Map(values.map((value) => [keyOf(value).toString('latin1'), value]));
  return [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}

/** A range of one field: bytes that keys begin with, from and to. */
interface Interval {
  readonly low: Buffer;
  readonly lowIncluded: boolean;
  readonly high: Buffer;
  readonly highIncluded: boolean;
}

function intervalOn({ field }: KeyPart, filter: Filter, multikey: boolean, used: Set<Filter>): Interval | undefined {
  const isRange = (each: Filter): each is Extract<Filter, { op: Comparison }> =>
    (each.op === 'gt' || each.op === 'gte' || each.op === 'lt' || each.op === 'lte') && each.path.join('.') === field && isPlain(each.value);
  const [first, ...others] = conjuncts(filter).filter(isRange);
  if (!first) return undefined;
  // Different elements of an array may meet the two ends of a range, so only one of the ends bounds a multikey index.
  const conditions = [first, ...(multikey ? [] : others)].filter(({ value }) => rankOf(value) === rankOf(first.value));
  const kind = Buffer.of(rankOf(first.value));
  // NaN is the lowest number, and compares with nothing.
  const low = rankOf(first.value) === rankOf(0) ? LOWEST_NUMBER : kind;
  let interval: Interval = { low, lowIncluded: true, high: kind, highIncluded: true };
  for (const condition of conditions) {
    const key = keyOf(condition.value);
    const included = condition.op === 'gte' || condition.op === 'lte';
    interval = condition.op.startsWith('g') ? raise(interval, key, included) : lower(interval, key, included, kind);
    used.add(condition);
  }
  return interval;
}

const LOWEST_NUMBER = Buffer.of(rankOf(0), 0x00, 0x0f);

function raise(interval: Interval, low: Buffer, lowIncluded: boolean): Interval {
  const order = low.compare(interval.low);
  return order > 0 || (order === 0 && !lowIncluded) ? { ...interval, low, lowIncluded } : interval;
}

function lower(interval: Interval, high: Buffer, highIncluded: boolean, unbounded: Buffer): Interval {
  const order = interval.high.equals(unbounded) ? -1 : high.compare(interval.high);
  return order < 0 || (order === 0 && !highIncluded) ? { ...interval, high, highIncluded } : interval;
}

/** Every combination of the values looked up, each with the range behind it. */
function boundsOf(parts: readonly KeyPart[], lookups: readonly Value[][], interval: Interval | undefined): { bounds: Bounds[]; exact: boolean } {
  let prefixes = [Buffer.alloc(0)];
  let exact = true;
  lookups.forEach((values, part) => {
    const { descending } = parts[part] as KeyPart;
    exact &&= values.every(isPlain);
    prefixes = prefixes.flatMap((prefix) => values.map((value) => Buffer.concat([prefix, directed(keyOf(value), descending)])));
  });
  const part = parts[lookups.length];
  const bounds = prefixes.map((prefix) => (interval && part ? within(prefix, interval, part.descending) : { start: prefix, end: after(prefix), lookedUp: prefix.length }));
  // No stored key is longer than the limit, but the bounds of a query may be: cut, they include a little more.
  const tooLong = bounds.some(({ start, end }) => start.length > LONGEST_BOUND || (end?.length ?? 0) > LONGEST_BOUND);
  return { bounds: tooLong ? bounds.map(cut) : bounds.toSorted((a, b) => a.start.compare(b.start)), exact: exact && !tooLong };
}

const LONGEST_BOUND = MAX_KEY_BYTES - 8;

const cut = ({ start, end, lookedUp }: Bounds): Bounds => ({
  lookedUp,
  start: start.subarray(0, LONGEST_BOUND),
  end: end && (end.length > LONGEST_BOUND ? after(end.subarray(0, LONGEST_BOUND)) : end),
});

const directed = (key: Buffer, descending: boolean): Buffer => (descending ? Buffer.from(key.map((byte) => ~byte)) : key);

function within(prefix: Buffer, { low, lowIncluded, high, highIncluded }: Interval, descending: boolean): Bounds {
  const [from, fromIncluded, to, toIncluded] = descending ? [high, highIncluded, low, lowIncluded] : [low, lowIncluded, high, highIncluded];
  const start = Buffer.concat([prefix, directed(from, descending)]);
  const end = Buffer.concat([prefix, directed(to, descending)]);
  return { start: fromIncluded ? start : (after(start) as Buffer), end: toIncluded ? after(end) : end, lookedUp: prefix.length };
}

/** Whether an index, beyond the fields looked up, gives the order that is asked for, and which way round. */
function orderOf(index: Index | undefined, parts: readonly KeyPart[], lookups: readonly Value[][], sort: KeyPattern): 'forward' | 'reverse' | undefined {
  // Where there are arrays, a document is at several places by its fields, but at one by its `_id`.
  if (index?.multikey && sort.parts.some(({ field }) => field !== '_id')) return undefined;
  const fixed = new Set(parts.filter((_, part) => lookups[part]?.length === 1).map(({ field }) => field));
  const wanted = sort.parts.filter(({ field }) => !fixed.has(field));
  // Behind its own fields, an index that isn't unique is in the order of `_id`.
  const given = [...parts.slice(lookups.length), ...(index && !index.unique && !parts.some(({ field }) => field === '_id') ? [ID_PART] : [])];
  if (wanted.length > given.length) return undefined;
  const turned = wanted.map((part, at) => (part.field === given[at]?.field ? part.descending !== given[at].descending : undefined));
  if (turned.includes(undefined) || new Set(turned).size > 1) return undefined;
  return turned[0] ? 'reverse' : 'forward';
}

function remaining(filter: Filter, used: ReadonlySet<Filter>, exact: boolean): Filter | undefined {
  const rest = exact ? conjuncts(filter).filter((each) => !used.has(each)) : conjuncts(filter);
  return rest.length === 0 ? undefined : all(rest);
}
