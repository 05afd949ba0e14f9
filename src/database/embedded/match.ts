import { BsonType, Double, type Doc, Opaque, typeOf, type Value } from './bson';
import type { Comparison, Filter, Path } from './filter';
import { compare, equal, rankOf } from './keys';

/** A value found at the end of a path; undefined when there is none. */
type Test = (value: Value | undefined) => boolean;

/**
 * Whether any value that a path leads to passes a test. Arrays on the way stand for each of their documents, and for the element
 * that a number in the path names; an array at the end stands for its elements, if `leaf` says so, and for itself.
 */
function any(value: Doc, path: Path, at: number, leaf: boolean, test: Test): boolean {
  let inside = value;
  for (let part = at; ; part += 1) {
    const found = inside.get(path[part] as string);
    const last = part + 1 === path.length;
    if (Array.isArray(found)) return anyInArray(found, path, part + 1, leaf, test);
    if (last) return test(found);
    if (!(found instanceof Map)) return test(undefined);
    inside = found;
  }
}

function anyInArray(array: readonly Value[], path: Path, at: number, leaf: boolean, test: Test): boolean {
  if (at === path.length) return (leaf && array.some(test)) || test(array as Value[]);
  return array.some((element, index) => {
    if (element instanceof Map && any(element, path, at, leaf, test)) return true;
    if (path[at] !== String(index)) return false;
    if (at + 1 === path.length) return test(element);
    if (element instanceof Map) return any(element, path, at + 1, leaf, test);
    return Array.isArray(element) && anyInArray(element, path, at + 1, leaf, test);
  });
}

/**
 * Whether a document passes a filter.
 *
 * @see https://www.mongodb.com/docs/manual/tutorial/query-documents/
 */
export function matches(filter: Filter, document: Doc): boolean {
  return matchesAt(filter, document, (path, leaf, test) => any(document, path, 0, leaf, test));
}

type Find = (path: Path, leaf: boolean, test: Test) => boolean;

function matchesAt(filter: Filter, value: Value, find: Find): boolean {
  switch (filter.op) {
    case 'and':
      return filter.filters.every((each) => matchesAt(each, value, find));
    case 'or':
      return filter.filters.some((each) => matchesAt(each, value, find));
    case 'nor':
      return !filter.filters.some((each) => matchesAt(each, value, find));
    case 'not':
      return !matchesAt(filter.filter, value, find);
    case 'in':
      return find(filter.path, true, (found) => filter.values.some((wanted) => compares('eq', found, wanted)));
    case 'exists':
      return find(filter.path, false, (found) => found !== undefined);
    case 'type':
      return find(filter.path, true, (found) => found !== undefined && filter.types.has(typeOf(found)));
    case 'size':
      return find(filter.path, false, (found) => Array.isArray(found) && found.length === filter.size);
    case 'elemMatch': {
      const { filter: wanted, of } = filter;
      return find(filter.path, false, (found) => Array.isArray(found) && found.some((element) => matchesElement(wanted, element, of)));
    }
    default:
      return find(filter.path, true, (found) => compares(filter.op, found, filter.value));
  }
}

function matchesElement(filter: Filter, element: Value, of: 'documents' | 'values'): boolean {
  if (of === 'values') return matchesAt(filter, element, (_, __, test) => test(element));
  if (element instanceof Map) return matches(filter, element);
  // To MongoDB, an array is a document whose fields are called 0, 1, 2.
  return Array.isArray(element) && matches(filter, new Map(element.map((each, index) => [String(index), each])));
}

/** One comparison of a query: only values of one kind compare, and a missing field is like null. */
function compares(op: Comparison, found: Value | undefined, wanted: Value): boolean {
  if (found === undefined || found === null) {
    if (wanted === null) return op === 'eq' || op === 'gte' || op === 'lte';
    return comparesAcross(op, wanted);
  }
  if (rankOf(found) !== rankOf(wanted)) return comparesAcross(op, wanted);
  if (op === 'eq') return equal(found, wanted);
  if (isNaNValue(found) || isNaNValue(wanted)) return op !== 'gt' && op !== 'lt' && isNaNValue(found) && isNaNValue(wanted);
  const order = compare(found, wanted);
  if (op === 'gt') return order > 0;
  if (op === 'gte') return order >= 0;
  return op === 'lt' ? order < 0 : order <= 0;
}

/** Everything is above MinKey and below MaxKey; apart from that, values of different kinds don't compare. */
function comparesAcross(op: Comparison, wanted: Value): boolean {
  if (!(wanted instanceof Opaque)) return false;
  if (wanted.type === BsonType.maxKey) return op === 'lt' || op === 'lte';
  return wanted.type === BsonType.minKey && (op === 'gt' || op === 'gte');
}

export const isNaNValue = (value: Value): boolean => value instanceof Double && Number.isNaN(value.value);

/** The values at the end of a path, those of arrays one by one, as `distinct` and `$group` gather them. */
export function* valuesAt(value: Value | undefined, path: Path, at = 0): Generator<Value> {
  if (value === undefined) return;
  if (at === path.length) {
    if (Array.isArray(value)) yield* value;
    else yield value;
  } else if (value instanceof Map) yield* valuesAt(value.get(path[at] as string), path, at + 1);
  else if (Array.isArray(value)) {
    for (const element of value) if (element instanceof Map) yield* valuesAt(element, path, at);
    const index = path[at] as string;
    if (/^\d+$/.test(index)) yield* valuesAt(value[Number(index)], path, at + 1);
  }
}
