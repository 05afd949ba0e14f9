import { CommandError, unsupported } from './errors';
import { candidatesAt, valuesAt } from './paths';
import { compare, type Doc, equal, isDoc, isRegExp, Rank, rankOf } from './values';

/** Whether a document is what a filter asks for. */
export type Predicate = (document: Doc) => boolean;

/** Whether the values of one path are what a condition asks for. */
type Test = (value: unknown, path: readonly string[]) => boolean;

/** One condition that every match fulfils, as far as an index can help with it. */
export interface Condition {
  readonly path: string;
  readonly operator: '$eq' | '$in' | '$gt' | '$gte' | '$lt' | '$lte' | '$exists';
  readonly operand: unknown;
}

const CONDITIONS = new Set<string>(['$eq', '$in', '$gt', '$gte', '$lt', '$lte', '$exists']);

const COMPARISONS: Readonly<Record<string, (difference: number) => boolean>> = {
  $gt: (difference) => difference > 0,
  $gte: (difference) => difference >= 0,
  $lt: (difference) => difference < 0,
  $lte: (difference) => difference <= 0,
};

/** What a filter asks for. @see https://www.mongodb.com/docs/manual/reference/operator/query/ */
export function compileFilter(filter: Doc): Predicate {
  const predicates = Object.entries(filter).map(([key, operand]) => compileEntry(key, operand));
  return (document) => predicates.every((predicate) => predicate(document));
}

/** The conditions that are joined by "and" at the top of a filter. */
export function conditionsOf(filter: Doc): Condition[] {
  return Object.entries(filter).flatMap(([key, operand]): Condition[] => {
    if (key === '$and') return asFilters(key, operand).flatMap(conditionsOf);
    if (key.startsWith('$')) return [];
    if (!isOperators(operand)) return isRegExp(operand) ? [] : [{ path: key, operator: '$eq', operand }];
    return Object.entries(operand).flatMap(([operator, value]) =>
      CONDITIONS.has(operator) ? [{ path: key, operator: operator as Condition['operator'], operand: value as unknown }] : [],
    );
  });
}

/** The alternatives of a filter that is nothing but an `$or`; undefined when it is something else. */
export function alternativesOf(filter: Doc): Doc[] | undefined {
  const [only, ...rest] = Object.keys(filter);
  return only === '$or' && rest.length === 0 ? asFilters('$or', filter['$or']) : undefined;
}

/** Whether a condition is written with operators, `{ $gt: 1 }`, and isn't a value to compare with. */
export const isOperators = (operand: unknown): operand is Doc => isDoc(operand) && Object.keys(operand)[0]?.startsWith('$') === true;

function compileEntry(key: string, operand: unknown): Predicate {
  switch (key) {
    case '$and': {
      const all = asFilters(key, operand).map(compileFilter);
      return (document) => all.every((predicate) => predicate(document));
    }
    case '$or': {
      const any = asFilters(key, operand).map(compileFilter);
      return (document) => any.some((predicate) => predicate(document));
    }
    case '$nor': {
      const none = asFilters(key, operand).map(compileFilter);
      return (document) => !none.some((predicate) => predicate(document));
    }
    case '$comment':
      return () => true;
  }
  if (key.startsWith('$')) throw unsupported(`the query operator ${key}`);
  const path = key.split('.');
  const test = compileOperand(operand);
  return (document) => test(document, path);
}

function compileOperand(operand: unknown): Test {
  if (isRegExp(operand)) throw unsupported('regular expressions');
  if (!isOperators(operand)) return equals(operand);
  const tests = Object.entries(operand).map(([operator, value]) => compileOperator(operator, value));
  return (document, path) => tests.every((test) => test(document, path));
}

function compileOperator(operator: string, operand: unknown): Test {
  if (isRegExp(operand) && operator !== '$not') throw unsupported('regular expressions');
  switch (operator) {
    case '$eq':
      return equals(operand);
    case '$ne':
      return not(equals(operand));
    case '$in':
      return isIn(operand);
    case '$nin':
      return not(isIn(operand));
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      return compares(operator, operand);
    case '$exists': {
      const wanted = operand !== false && operand !== 0 && operand !== 0n && operand !== null;
      return (document, path) => valuesAt(document, path).some((value) => value !== undefined) === wanted;
    }
    case '$not':
      if (!isOperators(operand)) throw new CommandError('BadValue', '$not needs a document');
      return not(compileOperand(operand));
    case '$size':
      if (typeof operand !== 'number') throw new CommandError('BadValue', '$size must be a whole number');
      return (document, path) => valuesAt(document, path).some((value) => Array.isArray(value) && value.length === operand);
    case '$all':
      return hasAll(operand);
    case '$elemMatch':
      return hasElement(operand);
    default:
      throw operator.startsWith('$') ? unsupported(`the query operator ${operator}`) : new CommandError('BadValue', `unknown operator: ${operator}`);
  }
}

const not =
  (test: Test): Test =>
  (document, path) =>
    !test(document, path);

function equals(operand: unknown): Test {
  if (operand === undefined) throw unsupported('queries for undefined');
  return (document, path) => candidatesAt(document, path).some((value) => equal(value, operand));
}

function isIn(operand: unknown): Test {
  if (!Array.isArray(operand)) throw new CommandError('BadValue', '$in needs an array');
  if (operand.some(isRegExp)) throw unsupported('regular expressions');
  return (document, path) => candidatesAt(document, path).some((value) => operand.some((wanted) => equal(value, wanted)));
}

// A comparison is true within one type only: 5 is neither above nor below 'a'.
function compares(operator: string, operand: unknown): Test {
  const holds = COMPARISONS[operator]!;
  const rank = rankOf(operand);
  if (rank === Rank.MinKey || rank === Rank.MaxKey || rank === Rank.Object || rank === Rank.Array) throw unsupported(`${operator} with ${Rank[rank]}`);
  return (document, path) =>
    candidatesAt(document, path).some((value) => rankOf(value) === rank && !isOneNaN(value, operand) && holds(compare(value, operand)));
}

// NaN is only ever equal to itself; it is neither above nor below any number.
const isOneNaN = (one: unknown, other: unknown): boolean => Number.isNaN(one) !== Number.isNaN(other);

function hasAll(operand: unknown): Test {
  if (!Array.isArray(operand)) throw new CommandError('BadValue', '$all needs an array');
  if (operand.some((value) => isOperators(value))) throw unsupported('$elemMatch within $all');
  const tests = operand.map(equals);
  return (document, path) => tests.length > 0 && tests.every((test) => test(document, path));
}

function hasElement(operand: unknown): Test {
  if (!isDoc(operand)) throw new CommandError('BadValue', '$elemMatch needs an Object');
  const matches: (element: unknown) => boolean = isOperators(operand) && !/^\$(and|or|nor)$/.test(Object.keys(operand)[0]!) ? elementTest(operand) : elementFilter(operand);
  return (document, path) => valuesAt(document, path).some((value) => Array.isArray(value) && value.some(matches));
}

function elementTest(operators: Doc): (element: unknown) => boolean {
  const test = compileOperand(operators);
  return (element) => test(element, []);
}

function elementFilter(filter: Doc): (element: unknown) => boolean {
  const predicate = compileFilter(filter);
  return (element) => isDoc(element) && predicate(element);
}

function asFilters(operator: string, operand: unknown): Doc[] {
  if (!Array.isArray(operand) || operand.length === 0) throw new CommandError('BadValue', `${operator} must be a nonempty array`);
  if (!operand.every(isDoc)) throw new CommandError('BadValue', `${operator} entries need to be full objects`);
  return operand;
}
