import type { IndexSpec } from './catalogue';
import { after, hasKey, inverted, keyOf } from './keys';
import { type Condition, conditionsOf } from './match';
import { type Doc, equal, isDoc, rankOf } from './values';

/** A stretch of an index: from the first key on, up to but without the second. */
export interface Range {
  readonly start: Buffer;
  readonly end: Buffer;
}

/** How the documents that a filter asks for are found. */
export interface Plan {
  /** The index to walk; undefined is the whole collection, by `_id`. */
  readonly index?: IndexSpec;
  readonly ranges: readonly Range[];
  readonly reverse: boolean;
  /** Whether they come in the order that was asked for. */
  readonly sorted: boolean;
  /** Whether the ranges hold exactly what was asked for, so that no document needs to be looked at. */
  readonly exact: boolean;
}

/** Fields in order, each ascending (1) or descending (-1). */
export type Sort = readonly (readonly [path: string, direction: 1 | -1])[];

const MOST_RANGES = 2_000;
const ID_INDEX: IndexSpec = { id: -1, name: '_id_', key: [['_id', 1]], unique: true, sparse: false, multikey: false };
const EVERYTHING: Range = { start: Buffer.alloc(0), end: Buffer.from([0xff]) };

/** Whether an index is the collection itself. */
export const isIdIndex = (index: IndexSpec | undefined): boolean => index === ID_INDEX;

/** The cheapest way to what a filter asks for, by how many conditions an index serves. */
export function planFor(indexes: readonly IndexSpec[], filter: Doc, sort: Sort): Plan {
  const conditions = conditionsOf(filter);
  const candidates = [ID_INDEX, ...indexes].filter((index) => isUsable(index, conditions)).map((index) => candidateFor(index, conditions, sort, filter));
  const best = candidates.reduce((one, other) => (other.score > one.score ? other : one));
  if (best.score > 0) return best.plan;
  return { ranges: [EVERYTHING], reverse: false, sorted: sort.length === 0, exact: Object.keys(filter).length === 0 };
}

// An index without some of the documents serves only who doesn't ask for those.
function isUsable({ sparse, partialFilter, key }: IndexSpec, conditions: readonly Condition[]): boolean {
  if (sparse && !key.some(([path]) => impliesExistence(path, conditions))) return false;
  return Object.entries(partialFilter ?? {}).every(([path, wanted]) => {
    const value: unknown = isDoc(wanted) && '$eq' in wanted ? wanted['$eq'] : wanted;
    if (isDoc(value) && '$exists' in value) return impliesExistence(path, conditions);
    return conditions.some((condition) => condition.path === path && condition.operator === '$eq' && equal(condition.operand, value));
  });
}

function impliesExistence(path: string, conditions: readonly Condition[]): boolean {
  return conditions.some((condition) => {
    if (condition.path !== path) return false;
    if (condition.operator === '$exists') return condition.operand === true;
    const operands = condition.operator === '$in' ? (condition.operand as unknown[]) : [condition.operand];
    return Array.isArray(operands) && operands.every((operand) => operand !== null && operand !== undefined);
  });
}

function candidateFor(index: IndexSpec, conditions: readonly Condition[], sort: Sort, filter: Doc): { plan: Plan; score: number } {
  const used = new Set<Condition>();
  let prefixes: Buffer[] = [Buffer.alloc(0)];
  let depth = 0;
  for (const [path, direction] of index.key) {
    const condition = conditions.find((candidate) => candidate.path === path && isPoint(candidate, path));
    if (!condition) break;
    const operands = condition.operator === '$in' ? (condition.operand as unknown[]) : [condition.operand];
    if (prefixes.length * operands.length > MOST_RANGES) break;
    const parts = distinct(operands.map((operand) => directed(keyOf(operand), direction)));
    prefixes = prefixes.flatMap((prefix) => parts.map((part) => Buffer.concat([prefix, part])));
    used.add(condition);
    depth += 1;
  }
  const next = index.key[depth];
  const bounds = next ? boundsFor(next, conditions, index.multikey) : undefined;
  for (const condition of bounds?.used ?? []) used.add(condition);
  const order = orderOf(index, depth, prefixes.length, conditions, sort);
  const ranges = prefixes.map((prefix) => (bounds ? within(prefix, bounds) : { start: prefix, end: Buffer.concat([prefix, Buffer.from([0xff])]) }));
  return {
    plan: {
      index,
      ranges: order?.reverse ? ranges.toReversed() : ranges,
      reverse: order?.reverse ?? false,
      sorted: order !== undefined,
      exact: isExact(filter, conditions, used, index),
    },
    score: depth * 10 + (bounds ? 5 : 0) + (sort.length > 0 && order ? 3 : 0),
  };
}

const isExact = (filter: Doc, conditions: readonly Condition[], used: ReadonlySet<Condition>, index: IndexSpec): boolean =>
  !index.multikey &&
  used.size === conditions.length &&
  Object.entries(filter).every(([key, operand]) => !key.startsWith('$') && (!isDoc(operand) || Object.keys(operand).every((name) => conditions.some(({ path, operator }) => path === key && operator === name)))) &&
  [...used].every(({ operand }) => operand !== null && !(Array.isArray(operand) && operand.includes(null)));

/** Whether a condition names the values themselves, and they have keys. Null on a dotted path is more than one key. */
function isPoint({ operator, operand }: Condition, path: string): boolean {
  const operands = operator === '$eq' ? [operand] : operator === '$in' && Array.isArray(operand) ? (operand as unknown[]) : undefined;
  return operands !== undefined && operands.every((value) => hasKey(value) && value !== undefined && !(value === null && path.includes('.')));
}

interface Bounds {
  readonly start: Buffer;
  readonly end: Buffer;
  readonly used: readonly Condition[];
}

function boundsFor([path, direction]: readonly [string, 1 | -1], conditions: readonly Condition[], multikey: boolean): Bounds | undefined {
  const ranged = conditions.filter(({ path: candidate, operator, operand }) => candidate === path && /^\$[gl]te?$/.test(operator) && operand !== null && hasKey(operand));
  const lower = ranged.find(({ operator }) => operator.startsWith('$g'));
  // Two elements of one array may fulfil the two conditions, so only one of them bounds a multikey index.
  const upper = ranged.find(({ operator, operand }) => operator.startsWith('$l') && (!lower || (!multikey && rankOf(operand) === rankOf(lower.operand))));
  const any = lower ?? upper;
  if (!any || Number.isNaN(any.operand)) return undefined;
  const rank = rankOf(any.operand);
  const low = lower ? directed(keyOf(lower.operand), direction) : undefined;
  const high = upper ? directed(keyOf(upper.operand), direction) : undefined;
  const used = [lower, upper].filter((condition) => condition !== undefined);
  const first = direction === 1 ? rank : 0xff ^ rank;
  const [from, to, fromExclusive, toInclusive] =
    direction === 1
      ? ([low, high, lower?.operator === '$gt', upper?.operator === '$lte'] as const)
      : ([high, low, upper?.operator === '$lt', lower?.operator === '$gte'] as const);
  return {
    start: from ? (fromExclusive ? after(from) : from) : Buffer.from([first]),
    end: to ? (toInclusive ? after(to) : to) : Buffer.from([first + 1]),
    used,
  };
}

const within = (prefix: Buffer, { start, end }: Bounds): Range => ({ start: Buffer.concat([prefix, start]), end: Buffer.concat([prefix, end]) });

/** Whether walking an index gives the order that is asked for, and in which direction. */
function orderOf(index: IndexSpec, depth: number, prefixes: number, conditions: readonly Condition[], sort: Sort): { reverse: boolean } | undefined {
  if (sort.length === 0) return { reverse: false };
  if (index.multikey || prefixes > 1) return undefined;
  const fixed = new Set(conditions.filter(({ operator }) => operator === '$eq').map(({ path }) => path));
  const wanted = sort.filter(([path]) => !fixed.has(path));
  // Entries that are otherwise the same stand by _id.
  const walked = [...index.key.slice(depth), ['_id', 1] as const];
  const follows = (sign: 1 | -1): boolean => wanted.every(([path, direction], position) => walked[position]?.[0] === path && walked[position][1] === direction * sign);
  if (follows(1)) return { reverse: false };
  return follows(-1) ? { reverse: true } : undefined;
}

const directed = (key: Buffer, direction: 1 | -1): Buffer => (direction === 1 ? key : inverted(key));

function distinct(keys: readonly Buffer[]): Buffer[] {
  return [...new Map(keys.map((key) => [key.toString('latin1'), key])).values()].sort(Buffer.compare);
}
