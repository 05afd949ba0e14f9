import { type Doc, Double, isInt32, numberOf, typeName, type Value } from './bson';
import { show } from './documents';
import { badValue, typeMismatch, unsupported } from './errors';
import { all, isOperators, parseField, parseFilter } from './filter';
import { compare, equal } from './keys';
import { matches } from './match';

/** Where a modifier works. */
export interface Place {
  readonly path: string;
  /** The document as it was. */
  readonly document: Doc;
  /** Whether an upsert inserts it. */
  readonly inserting: boolean;
}

/** What an operator does to one field. */
export interface Modifier {
  /** Whether it makes a field that isn't there. */
  creates(inserting: boolean): boolean;
  /** The field's new value: the same object when nothing changes, undefined to take it away. */
  apply(current: Value | undefined, place: Place): Value | undefined;
}

const creating = (apply: Modifier['apply']): Modifier => ({ creates: () => true, apply });
const existing = (apply: Modifier['apply']): Modifier => ({ creates: () => false, apply });

/** The last part of a path: a field's own name in MongoDB's messages. */
const nameOf = ({ path }: Place): string => path.slice(path.lastIndexOf('.') + 1);
const idOf = ({ document }: Place): string => `{ _id: ${show(document.get('_id') ?? null)} }`;

/** Adds two numbers of any types; the result has the wider one. Undefined when it is beyond an int64. */
export function add(a: Value, b: Value): Value | undefined {
  if (a instanceof Double || b instanceof Double) return new Double((numberOf(a) as number) + (numberOf(b) as number));
  const sum = BigInt(a as number | bigint) + BigInt(b as number | bigint);
  if (sum !== BigInt.asIntN(64, sum)) return undefined;
  return typeof a === 'number' && typeof b === 'number' && isInt32(Number(sum)) ? Number(sum) : sum;
}

function increment(operand: Value, path: string): Modifier {
  if (numberOf(operand) === undefined) throw typeMismatch(`Cannot increment with non-numeric argument: {${path}: ${show(operand)}}`);
  return creating((current, place) => {
    if (current === undefined) return operand;
    if (numberOf(current) === undefined) {
      throw typeMismatch(`Cannot apply $inc to a value of non-numeric type. ${idOf(place)} has the field '${nameOf(place)}' of non-numeric type ${typeName(current)}`);
    }
    const sum = add(current, operand);
    if (sum === undefined) throw badValue(`Failed to apply $inc operations to current value (${show(current)}) for document ${idOf(place)}`);
    return sum;
  });
}

/** Reads `{ $each: [...], ... }`, or takes the operand for the one value. */
function eachOf(operator: string, operand: Value): { values: readonly Value[]; options: Doc } {
  if (!(operand instanceof Map) || !operand.has('$each')) return { values: [operand], options: new Map() };
  const values = operand.get('$each');
  if (!Array.isArray(values)) {
    throw operator === '$push'
      ? badValue(`The argument to $each in $push must be an array but it was of type: ${typeName(values ?? null)}`)
      : typeMismatch(`The argument to $each in $addToSet must be an array but it was of type ${typeName(values ?? null)}`);
  }
  const options = new Map(operand);
  options.delete('$each');
  return { values, options };
}

function push(operand: Value): Modifier {
  const { values, options } = eachOf('$push', operand);
  const slice = sliceOf(options);
  return creating((current, place) => {
    const array = current === undefined ? [] : current;
    if (!Array.isArray(array)) throw badValue(`The field '${place.path}' must be an array but is of type ${typeName(array)} in document ${idOf(place)}`);
    const pushed = [...array, ...values];
    if (slice === undefined) return pushed;
    return slice < 0 ? pushed.slice(slice) : pushed.slice(0, slice);
  });
}

function sliceOf(options: Doc): number | undefined {
  for (const option of options.keys()) if (option !== '$slice') throw unsupported(`${option} in $push`);
  const value = options.get('$slice');
  if (value === undefined) return undefined;
  const number = numberOf(value);
  if (number === undefined || !Number.isInteger(number)) throw badValue(`The value for $slice must be an integer value but was given type: ${typeName(value)}`);
  return number;
}

function addToSet(operand: Value): Modifier {
  const { values, options } = eachOf('$addToSet', operand);
  for (const option of options.keys()) throw unsupported(`${option} in $addToSet`);
  return creating((current, place) => {
    const array = current === undefined ? [] : current;
    if (!Array.isArray(array)) throw badValue(`Cannot apply $addToSet to non-array field. Field named '${nameOf(place)}' has non-array type ${typeName(array)}`);
    const added = [...array];
    for (const value of values) if (!added.some((other) => equal(other, value))) added.push(value);
    return current !== undefined && added.length === array.length ? current : added;
  });
}

/** Takes out of an array what a condition, a part of a document, or a value says. */
function pull(operand: Value): Modifier {
  const test = pulled(operand);
  return existing((current) => {
    if (!Array.isArray(current)) throw badValue('Cannot apply $pull to a non-array value');
    const kept = current.filter((element) => !test(element));
    return kept.length === current.length ? current : kept;
  });
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

const extreme = (sign: number) => (operand: Value) =>
  creating((current) => (current === undefined || sign * compare(operand, current) > 0 ? operand : current));

/** The operators of an update. @see https://www.mongodb.com/docs/manual/reference/operator/update/ */
export const MODIFIERS: Readonly<Record<string, (operand: Value, path: string) => Modifier>> = {
  $set: (operand) => creating(() => operand),
  $setOnInsert: (operand) => ({ creates: (inserting) => inserting, apply: (current, { inserting }) => (inserting ? operand : current) }),
  $unset: () => existing(() => undefined),
  $inc: increment,
  $min: extreme(-1),
  $max: extreme(1),
  $push: push,
  $addToSet: addToSet,
  $pull: pull,
};
