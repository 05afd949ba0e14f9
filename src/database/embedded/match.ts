import { type Doc, Double, type Value } from './bson';
import type { Comparison, Filter, Path } from './filter';
import { compare, equal, rankOf } from './keys';

/** A value found at the end of a path; undefined when there is none. */
type Test = (value: Value | undefined) => boolean;

/**
 * Returns whether any value that a path leads to passes a test. Arrays on the way stand for each of their documents, and for the element
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
 * Returns whether a document passes a filter.
 *
 * @see https://www.mongodb.com/docs/manual/tutorial/query-documents/
 */
export function matches(filter: Filter, document: Doc): boolean {
  switch (filter.op) {
    case 'and':
      return filter.filters.every((each) => matches(each, document));
    case 'or':
      return filter.filters.some((each) => matches(each, document));
    case 'not':
      return !matches(filter.filter, document);
    case 'in':
      return any(document, filter.path, 0, true, (found) =>
        filter.values.some((requested) => compares('eq', found, requested)),
      );
    case 'exists':
      return any(document, filter.path, 0, false, (found) => found !== undefined);
    default:
      return any(document, filter.path, 0, true, (found) => compares(filter.op, found, filter.value));
  }
}

/** One comparison of a query: only values of one kind compare, and a missing field is like null. */
function compares(op: Comparison, found: Value | undefined, requested: Value): boolean {
  if (found === undefined || found === null) return requested === null && (op === 'eq' || op === 'gte' || op === 'lte');
  if (rankOf(found) !== rankOf(requested)) return false;
  if (op === 'eq') return equal(found, requested);
  if (isNaNValue(found) || isNaNValue(requested))
    return op !== 'gt' && op !== 'lt' && isNaNValue(found) && isNaNValue(requested);
  const order = compare(found, requested);
  if (op === 'gt') return order > 0;
  if (op === 'gte') return order >= 0;
  return op === 'lt' ? order < 0 : order <= 0;
}

export const isNaNValue = (value: Value): boolean => value instanceof Double && Number.isNaN(value.value);
