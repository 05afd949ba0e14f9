import type { Collection } from './collection';
import { CommandError, unsupported } from './errors';
import { keyOf } from './keys';
import { valuesAt } from './paths';
import { sortOf } from './request';
import { compare, type Doc, isDoc, Rank, rankOf } from './values';

interface Stage {
  readonly name: string;
  readonly operand: unknown;
}

/**
 * Runs a pipeline of `$match` and `$sort` at its beginning, and `$skip`, `$limit`, `$group` and `$count` after them: what
 * counting and grouping need.
 */
export function aggregate(collection: Collection | undefined, pipeline: readonly Doc[]): Doc[] {
  const stages = pipeline.map(stageOf);
  const filter = stages[0]?.name === '$match' ? stages.shift()!.operand : {};
  if (!isDoc(filter)) throw new CommandError('BadValue', 'the match filter must be an expression in an object');
  const sort = stages[0]?.name === '$sort' ? sortOf(stages.shift()!.operand) : [];
  const found = collection ? [...collection.find(filter, sort)].map(({ document }) => document) : [];
  return stages.reduce(run, found);
}

function stageOf(stage: Doc): Stage {
  const [name, ...more] = Object.keys(stage);
  if (name === undefined || more.length > 0) throw new CommandError('FailedToParse', 'A pipeline stage specification object must contain exactly one field.');
  return { name, operand: stage[name] as unknown };
}

function run(documents: readonly Doc[], { name, operand }: Stage): Doc[] {
  switch (name) {
    case '$skip':
      return documents.slice(wholeNumber(name, operand));
    case '$limit':
      return documents.slice(0, wholeNumber(name, operand));
    case '$count':
      return documents.length === 0 ? [] : [{ [String(operand)]: documents.length }];
    case '$group':
      return group(documents, operand);
    default:
      throw unsupported(`the pipeline stage ${name} here`);
  }
}

function group(documents: readonly Doc[], operand: unknown): Doc[] {
  if (!isDoc(operand) || !('_id' in operand)) throw new CommandError('FailedToParse', "a group specification must include an _id");
  const { _id: by, ...fields } = operand;
  const keyed = groupBy(documents, (document) => keyOf(valueOf(by, document)).toString('latin1'));
  return [...keyed.values()].map((members) => ({
    _id: valueOf(by, members[0]!) ?? null,
    ...Object.fromEntries(Object.entries(fields).map(([name, accumulator]) => [name, accumulate(accumulator, members)])),
  }));
}

function accumulate(accumulator: unknown, documents: readonly Doc[]): unknown {
  const [operator, ...more] = isDoc(accumulator) ? Object.keys(accumulator) : [];
  if (operator === undefined || more.length > 0) throw new CommandError('FailedToParse', 'A field of a group must specify one accumulator');
  const operand = (accumulator as Doc)[operator] as unknown;
  const values = documents.map((document) => valueOf(operand, document));
  switch (operator) {
    case '$sum':
      return values.filter((value) => rankOf(value) === Rank.Number).reduce<number | bigint>((total, value) => plus(total, value as number | bigint), 0);
    case '$first':
      return values[0] ?? null;
    case '$max':
      return values.filter((value) => value != null).reduce((best, value) => (compare(value, best) > 0 ? value : best), values.find((value) => value != null) ?? null);
    case '$min':
      return values.filter((value) => value != null).reduce((best, value) => (compare(value, best) < 0 ? value : best), values.find((value) => value != null) ?? null);
    default:
      throw unsupported(`the accumulator ${operator}`);
  }
}

const plus = (one: number | bigint, other: number | bigint): number | bigint => (typeof one === typeof other && typeof one === 'number' ? one + (other as number) : BigInt(one) + BigInt(other));

/** A constant, or the field that an expression `$field` names. */
function valueOf(expression: unknown, document: Doc): unknown {
  if (isDoc(expression) || Array.isArray(expression)) throw unsupported('expressions other than constants and fields');
  if (typeof expression !== 'string' || !expression.startsWith('$')) return expression;
  if (expression.startsWith('$$')) throw unsupported(`the variable ${expression}`);
  return valuesAt(document, expression.slice(1).split('.'))[0];
}

function wholeNumber(stage: string, operand: unknown): number {
  const number = Number(operand);
  if (Number.isInteger(number) && number >= 0) return number;
  throw new CommandError('BadValue', `${stage} needs a whole number that is not negative`);
}

function groupBy(documents: readonly Doc[], keyFor: (document: Doc) => string): Map<string, Doc[]> {
  const groups = new Map<string, Doc[]>();
  for (const document of documents) {
    const key = keyFor(document);
    const members = groups.get(key);
    if (members) members.push(document);
    else groups.set(key, [document]);
  }
  return groups;
}
