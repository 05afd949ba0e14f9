import { type Doc, numberOf, type Value } from './bson';
import { badValue, unsupported } from './errors';

/** The field that a condition is about, part by part. */
export type Path = readonly string[];

export type Comparison = 'eq' | 'gt' | 'gte' | 'lt' | 'lte';

/** A filter, checked and taken apart. */
export type Filter =
  | { readonly op: 'and' | 'or'; readonly filters: readonly Filter[] }
  | { readonly op: 'not'; readonly filter: Filter }
  | { readonly op: Comparison; readonly path: Path; readonly value: Value }
  | { readonly op: 'in'; readonly path: Path; readonly values: readonly Value[] }
  | { readonly op: 'exists'; readonly path: Path };

/** Returns whether a value is a document of operators, such as `{ $gt: 1 }`. */
export function isOperators(value: Value | undefined): value is Doc {
  if (!(value instanceof Map)) return false;
  const first = value.keys().next();
  return !first.done && first.value.startsWith('$');
}

/**
 * Takes a filter apart.
 *
 * @throws CommandError BadValue as MongoDB does for a malformed filter; NotImplemented for an operator that isn't supported
 */
export function parseFilter(document: Doc): Filter {
  const filters: Filter[] = [];
  for (const [name, value] of document) {
    if (name === '$or') filters.push(parseOr(value));
    else if (name.startsWith('$')) throw unsupported(`${name} in a filter`);
    else filters.push(...parseField(name.split('.'), value));
  }
  return all(filters);
}

function parseOr(value: Value): Filter {
  if (!Array.isArray(value) || value.length === 0) throw badValue('$or must be a nonempty array');
  const filters = value.map((each) => {
    if (!(each instanceof Map)) throw badValue('$or/$and/$nor entries need to be full objects');
    return parseFilter(each);
  });
  return { op: 'or', filters };
}

/** All of some filters, without nesting. */
export function all(filters: readonly Filter[]): Filter {
  const flat = filters.flatMap((filter) => (filter.op === 'and' ? filter.filters : [filter]));
  return flat.length === 1 ? (flat[0] as Filter) : { op: 'and', filters: flat };
}

/** The conditions on one field: operators, or a value to equal. */
export function parseField(path: Path, value: Value): Filter[] {
  if (!isOperators(value)) return [{ op: 'eq', path, value }];
  return Array.from(value, ([operator, operand]) => {
    if (!operator.startsWith('$')) throw badValue(`unknown operator: ${operator}`);
    return parseOperator(path, operator, operand);
  });
}

function parseOperator(path: Path, operator: string, operand: Value): Filter {
  switch (operator) {
    case '$eq':
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      return { op: operator.slice(1) as Comparison, path, value: operand };
    case '$ne':
      return { op: 'not', filter: { op: 'eq', path, value: operand } };
    case '$in':
      if (!Array.isArray(operand)) throw badValue('$in needs an array');
      if (operand.some(isOperators)) throw badValue('cannot nest $ under $in');
      return { op: 'in', path, values: operand };
    case '$exists':
      return isTrue(operand) ? { op: 'exists', path } : { op: 'not', filter: { op: 'exists', path } };
    default:
      throw unsupported(`${operator} in a filter`);
  }
}

/** What MongoDB takes for true where it wants a flag: anything but false, 0, null. */
export const isTrue = (value: Value | undefined): boolean =>
  value !== undefined && value !== null && value !== false && numberOf(value) !== 0;
