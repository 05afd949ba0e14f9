import { numberOf, type Value } from './bson';
import { CommandError, unsupported } from './errors';
import { all, type Filter, isOperators, parseFilter } from './filter';
import type { Query } from './find';
import { type KeyPattern, parseKeyPattern } from './indexes';

/** A pipeline that is a query, and perhaps counts what it finds: what drivers make of `countDocuments`. */
export interface Pipeline {
  readonly query: Query;
  /** The one document that a count gives; without one, the documents themselves are given. */
  readonly count: { readonly id: Value; readonly field: string } | undefined;
}

/** The stages that are supported, by their place: none may be behind one of a higher place, for then it is no query any more. */
const PLACES: Readonly<Record<string, number>> = { $match: 0, $sort: 0, $skip: 1, $limit: 2, $group: 3 };

/**
 * Takes a pipeline apart.
 *
 * @throws CommandError NotImplemented for a stage or an order of stages that isn't supported
 */
export function parsePipeline(stages: Value | undefined): Pipeline {
  if (!Array.isArray(stages)) throw new CommandError(14, 'TypeMismatch', "'pipeline' option must be specified as an array");
  const filters: Filter[] = [];
  const given = new Map<string, Value>();
  for (const stage of stages) {
    const [only, ...others] = stage instanceof Map ? stage : [];
    if (!only || others.length > 0) throw new CommandError(40323, 'Location40323', 'A pipeline stage specification object must contain exactly one field.');
    const [name, operand] = only;
    const place = PLACES[name];
    if (place === undefined) throw unsupported(`the pipeline stage ${name}`);
    const before = [...given.keys()].find((earlier) => (PLACES[earlier] as number) > place || earlier === name);
    if (before !== undefined) throw unsupported(`the pipeline stage ${name} behind ${before}`);
    if (name === '$match') filters.push(parseMatch(operand));
    else given.set(name, operand);
  }
  const [sort, skip, limit, group] = ['$sort', '$skip', '$limit', '$group'].map((name) => given.get(name));
  return {
    query: {
      filter: all(filters),
      sort: sort === undefined ? undefined : parseSort(sort),
      skip: skip === undefined ? 0 : integer('$skip', skip, 0),
      limit: limit === undefined ? 0 : integer('$limit', limit, 1),
    },
    count: group === undefined ? undefined : parseCount(group),
  };
}

function parseMatch(operand: Value): Filter {
  if (!(operand instanceof Map)) throw new CommandError(15959, 'Location15959', 'the match filter must be an expression in an object');
  return parseFilter(operand);
}

/** Reads `{ _id: 1, n: { $sum: 1 } }`, which counts. */
function parseCount(operand: Value): { id: Value; field: string } {
  if (!(operand instanceof Map)) throw new CommandError(15947, 'Location15947', "a group's fields must be specified in an object");
  const [id, counted] = operand;
  const single = operand.size === 2 && id?.[0] === '_id' && isLiteral(id[1]) && counted && isSumOfOne(counted[1]);
  if (!single) throw unsupported('a $group that does more than to count');
  return { id: id[1], field: counted[0] };
}

const isLiteral = (value: Value): boolean => typeof value !== 'string' && (typeof value !== 'object' || value === null);
const isSumOfOne = (value: Value): boolean => isOperators(value) && value.size === 1 && numberOf(value.get('$sum')) === 1;

/** Reads a sort of a query or a pipeline. */
export function parseSort(operand: Value): KeyPattern {
  if (!(operand instanceof Map)) throw new CommandError(15973, 'Location15973', 'the $sort key specification must be an object');
  if (operand.size === 0) throw new CommandError(15976, 'Location15976', '$sort stage must have at least one sort key');
  for (const [field, direction] of operand) {
    if (direction instanceof Map) throw unsupported(`a sort of '${field}' by an expression`);
    if (field.startsWith('$') || field.split('.').includes('')) throw unsupported(`'${field}' in a sort`);
  }
  return parseKeyPattern(operand, (field) => new CommandError(15975, 'Location15975', `$sort key ordering must be 1 (for ascending) or -1 (for descending), in ${field}`));
}

function integer(name: string, operand: Value, least: number): number {
  const number = numberOf(operand);
  if (number === undefined || !Number.isSafeInteger(number)) throw new CommandError(5107201, 'Location5107201', `invalid argument to ${name} stage: Expected an integer`);
  if (number < least) throw new CommandError(15958, 'Location15958', least === 1 ? 'the limit must be positive' : `invalid argument to ${name} stage: Expected a non-negative number`);
  return number;
}
