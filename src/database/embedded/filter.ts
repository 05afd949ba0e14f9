import { BsonType, type Doc, numberOf, Opaque, typeName, type Value } from './bson';
import { badValue, unsupported } from './errors';

/** The field that a condition is about, part by part; without parts, the value itself (inside `$elemMatch` and `$pull`). */
export type Path = readonly string[];

export type Comparison = 'eq' | 'gt' | 'gte' | 'lt' | 'lte';

/** A filter, checked and taken apart. */
export type Filter =
  | { readonly op: 'and' | 'or' | 'nor'; readonly filters: readonly Filter[] }
  | { readonly op: 'not'; readonly filter: Filter }
  | { readonly op: Comparison; readonly path: Path; readonly value: Value }
  | { readonly op: 'in'; readonly path: Path; readonly values: readonly Value[] }
  | { readonly op: 'exists'; readonly path: Path }
  | { readonly op: 'type'; readonly path: Path; readonly types: ReadonlySet<number> }
  | { readonly op: 'size'; readonly path: Path; readonly size: number }
  | { readonly op: 'elemMatch'; readonly path: Path; readonly filter: Filter; readonly of: 'documents' | 'values' };

const LOGICAL = new Set(['$and', '$or', '$nor']);

export const asArray = (value: Value | undefined, what: string): Value[] => {
  if (!Array.isArray(value)) throw badValue(`${what} needs an array`);
  return value;
};

/** Whether a value is a document of operators, such as `{ $gt: 1 }`. */
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
    if (LOGICAL.has(name)) filters.push(parseLogical(name, value));
    else if (name.startsWith('$')) throw unsupported(`${name} in a filter`);
    else filters.push(...parseField(name.split('.'), value));
  }
  return all(filters);
}

function parseLogical(name: string, value: Value): Filter {
  if (!Array.isArray(value) || value.length === 0) throw badValue(`${name} must be a nonempty array`);
  const filters = value.map((each) => {
    if (!(each instanceof Map)) throw badValue('$or/$and/$nor entries need to be full objects');
    return parseFilter(each);
  });
  return name === '$and' ? all(filters) : { op: name === '$or' ? 'or' : 'nor', filters };
}

/** All of some filters, without nesting. */
export function all(filters: readonly Filter[]): Filter {
  const flat = filters.flatMap((filter) => (filter.op === 'and' ? filter.filters : [filter]));
  return flat.length === 1 ? (flat[0] as Filter) : { op: 'and', filters: flat };
}

/** The conditions on one field: operators, or a value to equal. */
export function parseField(path: Path, value: Value): Filter[] {
  if (!isOperators(value)) return [comparison('eq', path, value)];
  return Array.from(value, ([operator, operand]) => {
    if (!operator.startsWith('$')) throw badValue(`unknown operator: ${operator}`);
    return parseOperator(path, operator, operand);
  });
}

function comparison(op: Comparison, path: Path, value: Value): Filter {
  if (value instanceof Opaque && value.type === BsonType.regex) throw unsupported('regular expressions in a filter');
  return { op, path, value };
}

function parseOperator(path: Path, operator: string, operand: Value): Filter {
  switch (operator) {
    case '$eq':
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      return comparison(operator.slice(1) as Comparison, path, operand);
    case '$ne':
      return { op: 'not', filter: comparison('eq', path, operand) };
    case '$in':
      return parseIn(path, operand, operator);
    case '$nin':
      return { op: 'not', filter: parseIn(path, operand, operator) };
    case '$exists': {
      const exists: Filter = { op: 'exists', path };
      return isTrue(operand) ? exists : { op: 'not', filter: exists };
    }
    case '$not':
      return { op: 'not', filter: parseNot(path, operand) };
    case '$size':
      return { op: 'size', path, size: parseSize(operand) };
    case '$type':
      return { op: 'type', path, types: new Set((Array.isArray(operand) ? operand : [operand]).flatMap(parseType)) };
    case '$all':
      return parseAll(path, operand);
    case '$elemMatch':
      return parseElemMatch(path, operand);
    default:
      throw unsupported(`${operator} in a filter`);
  }
}

/** What MongoDB takes for true where it wants a flag: anything but false, 0, null. */
export const isTrue = (value: Value | undefined): boolean => value !== undefined && value !== null && value !== false && numberOf(value) !== 0;

function parseIn(path: Path, operand: Value, operator: string): Filter {
  if (!Array.isArray(operand)) throw badValue(`${operator} needs an array`);
  if (operand.some(isOperators)) throw badValue(`cannot nest $ under ${operator}`);
  for (const value of operand) comparison('eq', path, value);
  return { op: 'in', path, values: operand };
}

function parseNot(path: Path, operand: Value): Filter {
  if (operand instanceof Opaque && operand.type === BsonType.regex) throw unsupported('regular expressions in a filter');
  if (!(operand instanceof Map)) throw badValue('$not needs a regex or a document');
  if (operand.size === 0) throw badValue('$not cannot be empty');
  const [first] = operand.keys();
  if (!first?.startsWith('$')) throw badValue(`unknown operator: ${first}`);
  return all(parseField(path, operand));
}

function parseSize(operand: Value): number {
  const size = numberOf(operand);
  if (size === undefined) throw badValue(`Failed to parse $size. Expected a number in: $size: ${typeName(operand)}`);
  if (!Number.isInteger(size)) throw badValue('Failed to parse $size. Expected an integer');
  if (size < 0) throw badValue('Failed to parse $size. Expected a non-negative number');
  return size;
}

const TYPE_ALIASES: Readonly<Record<string, readonly number[]>> = {
  ...Object.fromEntries(Object.entries(BsonType).map(([name, type]) => [name, [type]])),
  number: [BsonType.int, BsonType.long, BsonType.double],
};

function parseType(operand: Value): readonly number[] {
  const number = numberOf(operand);
  const types = typeof operand === 'string' ? TYPE_ALIASES[operand] : TYPE_ALIASES[TYPE_NUMBERS.get(number === -1 ? 255 : (number ?? NaN)) ?? ''];
  if (!types) throw unsupported(`$type of ${String(typeof operand === 'string' ? operand : number)}`);
  return types;
}

const TYPE_NUMBERS = new Map<number, string>(Object.entries(BsonType).map(([name, type]) => [type, name]));

function parseAll(path: Path, operand: Value): Filter {
  const values = asArray(operand, '$all');
  if (values.length === 0) return { op: 'in', path, values: [] };
  return all(
    values.map((value) => {
      if (!isOperators(value)) return comparison('eq', path, value);
      if (value.size === 1 && value.has('$elemMatch')) return parseElemMatch(path, value.get('$elemMatch') as Value);
      throw badValue('no $ expressions in $all');
    }),
  );
}

function parseElemMatch(path: Path, operand: Value): Filter {
  if (!(operand instanceof Map)) throw badValue('$elemMatch needs an Object');
  const first = operand.keys().next();
  const ofValues = !first.done && first.value.startsWith('$') && !LOGICAL.has(first.value);
  return ofValues
    ? { op: 'elemMatch', path, filter: all(parseField([], operand)), of: 'values' }
    : { op: 'elemMatch', path, filter: parseFilter(operand), of: 'documents' };
}

