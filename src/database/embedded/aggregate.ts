import { type Doc, Double, isInt32, numberOf, type Value } from './bson';
import { CommandError, unsupported } from './errors';
import { all, type Filter, isOperators, parseFilter } from './filter';
import { type KeyPattern, parseKeyPattern, sortKeyOf } from './indexes';
import { compare, keyOf } from './keys';
import { matches } from './match';
import { parseProjection, project } from './projection';

/** A pipeline, taken apart: what an index can do comes first, the other stages follow. */
export interface Pipeline {
  readonly filter: Filter;
  readonly sort: KeyPattern | undefined;
  readonly stages: readonly Stage[];
}

/** What a stage makes of the documents before it. */
export type Stage = (documents: Iterable<Doc>) => Iterable<Doc>;

/**
 * Takes a pipeline apart.
 *
 * @throws CommandError NotImplemented for a stage or expression that isn't supported
 */
export function parsePipeline(stages: Value | undefined): Pipeline {
  if (!Array.isArray(stages)) throw new CommandError(14, 'TypeMismatch', "'pipeline' option must be specified as an array");
  const parsed = stages.map((stage): readonly [string, Value] => {
    const [only, ...others] = stage instanceof Map ? stage : [];
    if (!only || others.length > 0) throw new CommandError(40323, 'Location40323', 'A pipeline stage specification object must contain exactly one field.');
    return only;
  });
  const filters: Filter[] = [];
  while (parsed[0]?.[0] === '$match') filters.push(parseMatch((parsed.shift() as [string, Value])[1]));
  const sort = parsed[0]?.[0] === '$sort' ? parseSort((parsed.shift() as [string, Value])[1]) : undefined;
  return { filter: all(filters), sort, stages: parsed.map(([name, operand]) => parseStage(name, operand)) };
}

function parseStage(name: string, operand: Value): Stage {
  switch (name) {
    case '$match': {
      const filter = parseMatch(operand);
      return function* (documents) {
        for (const document of documents) if (matches(filter, document)) yield document;
      };
    }
    case '$sort':
      return sortStage(parseSort(operand));
    case '$skip':
      return skipStage(integer(name, operand, 0));
    case '$limit':
      return limitStage(integer(name, operand, 1));
    case '$project':
      return projectStage(operand);
    case '$group':
      return groupStage(operand);
    case '$count':
      return countStage(operand);
    default:
      throw unsupported(`the pipeline stage ${name}`);
  }
}

function parseMatch(operand: Value): Filter {
  if (!(operand instanceof Map)) throw new CommandError(15959, 'Location15959', 'the match filter must be an expression in an object');
  return parseFilter(operand);
}

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

function sortStage(sort: KeyPattern): Stage {
  return (documents) =>
    Array.from(documents, (document) => ({ document, key: sortKeyOf(sort, document) }))
      .sort((a, b) => a.key.compare(b.key))
      .map(({ document }) => document);
}

function skipStage(count: number): Stage {
  return function* (documents) {
    let position = 0;
    for (const document of documents) if (++position > count) yield document;
  };
}

function limitStage(count: number): Stage {
  return function* (documents) {
    let left = count;
    for (const document of documents) {
      yield document;
      if (--left === 0) return;
    }
  };
}

function projectStage(operand: Value): Stage {
  if (!(operand instanceof Map)) throw new CommandError(15969, 'Location15969', '$project specification must be an object');
  const projection = parseProjection(operand);
  if (!projection) throw new CommandError(51272, 'Location51272', 'Invalid $project :: caused by :: projection specification must have at least one field');
  return function* (documents) {
    for (const document of documents) yield project(projection, document);
  };
}

function countStage(operand: Value): Stage {
  if (typeof operand !== 'string' || operand === '' || operand.startsWith('$') || operand.includes('.')) {
    throw new CommandError(40156, 'Location40156', 'the count field must be a non-empty string');
  }
  return function* (documents) {
    let count = 0;
    for (const _ of documents) count += 1;
    if (count > 0) yield new Map<string, Value>([[operand, isInt32(count) ? count : BigInt(count)]]);
  };
}

/** An expression: a literal, the path of a field, or a document of those. */
type Expression = (document: Doc) => Value | undefined;

function parseExpression(operand: Value): Expression {
  if (typeof operand === 'string' && operand.startsWith('$')) {
    if (operand.startsWith('$$')) throw unsupported(`the variable ${operand}`);
    const path = operand.slice(1).split('.');
    if (path.includes('')) throw new CommandError(40353, 'Location40353', "FieldPath must not end with a '.' or have empty parts.");
    return (document) => fieldOf(document, path, 0);
  }
  if (Array.isArray(operand)) throw unsupported('an array in an expression');
  if (isOperators(operand)) throw unsupported(`the expression ${[...operand.keys()].join(', ')}`);
  if (!(operand instanceof Map)) return () => operand;
  const fields = Array.from(operand, ([name, field]): [string, Expression] => [name, parseExpression(field)]);
  return (document) => {
    const values = fields.map(([name, field]): [string, Value | undefined] => [name, field(document)]);
    return new Map(values.filter((entry): entry is [string, Value] => entry[1] !== undefined));
  };
}

/** The value of a field in an expression: of an array of documents, the array of their fields. */
function fieldOf(value: Value | undefined, path: readonly string[], at: number): Value | undefined {
  if (at === path.length) return value;
  if (value instanceof Map) return fieldOf(value.get(path[at] as string), path, at + 1);
  if (!Array.isArray(value)) return undefined;
  return value.map((element) => (Array.isArray(element) ? undefined : fieldOf(element, path, at))).filter((found) => found !== undefined);
}

/** Gathers the values of one field of a group. */
interface Accumulator {
  add(value: Value | undefined): void;
  result(): Value;
}

/** A sum of integers, exact, and of doubles with twice their precision, as MongoDB adds. @see Knuth, TAOCP vol. 2, 4.2.2 */
class Sum implements Accumulator {
  private integers = 0n;
  private long = false;
  private doubles = 0;
  private error = 0;
  private anyDouble = false;

  add(value: Value | undefined): void {
    if (typeof value === 'number' || typeof value === 'bigint') {
      this.integers += BigInt(value);
      this.long ||= typeof value === 'bigint';
    } else if (value instanceof Double) {
      this.anyDouble = true;
      this.addDouble(value.value);
    }
  }

  result(): Value {
    if (this.anyDouble) {
      this.addDouble(Number(this.integers));
      const precise = this.doubles + this.error;
      return new Double(Number.isNaN(precise) && !Number.isNaN(this.doubles) ? this.doubles : precise);
    }
    if (this.integers !== BigInt.asIntN(64, this.integers)) return new Double(Number(this.integers));
    return this.long || !isInt32(Number(this.integers)) ? this.integers : Number(this.integers);
  }

  private addDouble(value: number): void {
    const sum = this.doubles + value;
    const part = sum - this.doubles;
    this.error += this.doubles - (sum - part) + (value - part);
    this.doubles = sum;
  }
}

/** The greatest or the least value; nothing and null don't count. */
class Extreme implements Accumulator {
  private best: Value = null;

  constructor(private readonly sign: number) {}

  add(value: Value | undefined): void {
    if (value === undefined || value === null) return;
    if (this.best === null || this.sign * compare(value, this.best) > 0) this.best = value;
  }

  result(): Value {
    return this.best;
  }
}

class First implements Accumulator {
  private first: Value | undefined;
  private seen = false;

  add(value: Value | undefined): void {
    if (!this.seen) this.first = value;
    this.seen = true;
  }

  result(): Value {
    return this.first ?? null;
  }
}

const ACCUMULATORS: Readonly<Record<string, () => Accumulator>> = {
  $sum: () => new Sum(),
  $max: () => new Extreme(1),
  $min: () => new Extreme(-1),
  $first: () => new First(),
};

function groupStage(operand: Value): Stage {
  if (!(operand instanceof Map)) throw new CommandError(15947, 'Location15947', "a group's fields must be specified in an object");
  if (!operand.has('_id')) throw new CommandError(15955, 'Location15955', 'a group specification must include an _id');
  const id = parseExpression(operand.get('_id') as Value);
  const fields = [...operand].filter(([name]) => name !== '_id').map(([name, spec]) => parseAccumulator(name, spec));
  return function* (documents) {
    const groups = new Map<string, { readonly id: Value; readonly accumulators: readonly Accumulator[] }>();
    for (const document of documents) {
      const value = id(document) ?? null;
      const key = keyOf(value).toString('latin1');
      const group = groups.get(key) ?? { id: value, accumulators: fields.map(({ create }) => create()) };
      groups.set(key, group);
      fields.forEach(({ expression }, field) => group.accumulators[field]?.add(expression(document)));
    }
    for (const { id: value, accumulators } of groups.values()) {
      yield new Map<string, Value>([['_id', value], ...fields.map(({ name }, field): [string, Value] => [name, (accumulators[field] as Accumulator).result()])]);
    }
  };
}

function parseAccumulator(name: string, spec: Value): { name: string; create: () => Accumulator; expression: Expression } {
  if (name.includes('.')) throw new CommandError(40235, 'Location40235', `The field name '${name}' cannot contain '.'`);
  if (!(spec instanceof Map)) throw new CommandError(40234, 'Location40234', `The field '${name}' must be an accumulator object`);
  const [only, ...others] = spec;
  if (!only || others.length > 0) throw new CommandError(40238, 'Location40238', `The field '${name}' must specify one accumulator`);
  const create = ACCUMULATORS[only[0]];
  if (!create) throw unsupported(`the accumulator ${only[0]}`);
  return { name, create, expression: parseExpression(only[1]) };
}

