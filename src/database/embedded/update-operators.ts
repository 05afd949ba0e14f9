import { Double, isInt32, numberOf, show, typeName, type Value } from './bson';
import { badValue, typeMismatch, unsupported } from './errors';
import { all, isOperators, parseField, parseFilter } from './filter';
import { compare, equal } from './keys';
import { matches } from './match';

/** What an operator does to one field. */
export interface Modifier {
  /** Whether it makes a field that isn't there. */
  readonly creates: boolean;
  /** The field's new value: the same object when nothing changes, undefined to take it away. */
  readonly apply: (current: Value | undefined) => Value | undefined;
}

/** Adds two numbers of any types; the result has the wider one. Undefined when it is beyond an int64. */
function add(a: Value, b: Value): Value | undefined {
  if (a instanceof Double || b instanceof Double) return new Double((numberOf(a) as number) + (numberOf(b) as number));
  const sum = BigInt(a as number | bigint) + BigInt(b as number | bigint);
  if (sum !== BigInt.asIntN(64, sum)) return undefined;
  return typeof a === 'number' && typeof b === 'number' && isInt32(Number(sum)) ? Number(sum) : sum;
}

function increment(operand: Value, path: string): Modifier {
  if (numberOf(operand) === undefined)
    throw typeMismatch(`Cannot increment with non-numeric argument: {${path}: ${show(operand)}}`);
  const apply = (current: Value | undefined): Value => {
    if (current === undefined) return operand;
    if (numberOf(current) === undefined)
      throw typeMismatch(`Cannot apply $inc to a value of non-numeric type. '${path}' is of type ${typeName(current)}`);
    const sum = add(current, operand);
    if (sum === undefined)
      throw badValue(`Failed to apply $inc operations to current value (${show(current)}) of '${path}'`);
    return sum;
  };
  return { creates: true, apply };
}

function addToSet(operand: Value, path: string): Modifier {
  if (isOperators(operand)) throw unsupported(`${[...operand.keys()].join()} in $addToSet`);
  const apply = (current: Value = []): Value => {
    if (!Array.isArray(current))
      throw badValue(`Cannot apply $addToSet to non-array field. '${path}' has non-array type ${typeName(current)}`);
    return current.some((other) => equal(other, operand)) ? current : [...current, operand];
  };
  return { creates: true, apply };
}

/** Takes out of an array what a condition, a part of a document, or a value says. */
function pull(operand: Value): Modifier {
  const test = pulled(operand);
  const apply = (current: Value | undefined): Value => {
    if (!Array.isArray(current)) throw badValue('Cannot apply $pull to a non-array value');
    return current.filter((element) => !test(element));
  };
  return { creates: false, apply };
}

function pulled(operand: Value): (element: Value) => boolean {
  if (isOperators(operand)) {
    const filter = all(parseField(['element'], operand));
    return (element) => matches(filter, new Map([['element', element]]));
  }
  if (!(operand instanceof Map)) return (element) => equal(element, operand);
  const filter = parseFilter(operand);
  return (element) => element instanceof Map && matches(filter, element);
}

const set = (operand: Value): Modifier => ({ creates: true, apply: () => operand });

/** The operators of an update. @see https://www.mongodb.com/docs/manual/reference/operator/update/ */
export const MODIFIERS: Readonly<Record<string, (operand: Value, path: string) => Modifier>> = {
  $set: set,
  $setOnInsert: set,
  $unset: () => ({ creates: false, apply: () => undefined }),
  $inc: increment,
  $max: (operand) => ({
    creates: true,
    apply: (current) => (current === undefined || compare(operand, current) > 0 ? operand : current),
  }),
  $addToSet: addToSet,
  $pull: pull,
};
