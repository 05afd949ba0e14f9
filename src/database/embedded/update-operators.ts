import { dateValue, type Doc, Double, isInt32, numberOf, typeName, type Value } from './bson';
import { show } from './documents';
import { badValue, CommandError, failedToParse, typeMismatch, unsupported } from './errors';
import { isOperators, parseField, parseFilter } from './filter';
import { keysOf, parseKeyPattern, sortKeyOf } from './indexes';
import { compare, equal, keyOf } from './keys';
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
function eachOf(operator: string, operand: Value, allowed: readonly string[]): { values: Value[]; options: Doc } {
  if (!(operand instanceof Map) || !operand.has('$each')) return { values: [operand], options: new Map() };
  const values = operand.get('$each');
  if (!Array.isArray(values)) {
    throw operator === '$push'
      ? badValue(`The argument to $each in $push must be an array but it was of type: ${typeName(values ?? null)}`)
      : typeMismatch(`The argument to $each in $addToSet must be an array but it was of type ${typeName(values ?? null)}`);
  }
  for (const option of operand.keys()) {
    if (option !== '$each' && !allowed.includes(option)) throw badValue(`Unrecognized clause in ${operator}: ${option}`);
  }
  return { values, options: operand };
}

function integerOf(options: Doc, name: string): number | undefined {
  const value = options.get(name);
  if (value === undefined) return undefined;
  const number = numberOf(value);
  if (number === undefined || !Number.isInteger(number)) throw badValue(`The value for ${name} must be an integer value but was given type: ${typeName(value)}`);
  return number;
}

function push(operand: Value): Modifier {
  const { values, options } = eachOf('$push', operand, ['$position', '$slice', '$sort']);
  const position = integerOf(options, '$position');
  const slice = integerOf(options, '$slice');
  const sort = sortOf(options.get('$sort'));
  return creating((current, place) => {
    const array = current === undefined ? [] : current;
    if (!Array.isArray(array)) throw badValue(`The field '${place.path}' must be an array but is of type ${typeName(array)} in document ${idOf(place)}`);
    let pushed = position === undefined ? [...array, ...values] : array.toSpliced(position, 0, ...values);
    if (sort) pushed = sort(pushed);
    if (slice !== undefined) pushed = slice < 0 ? pushed.slice(slice) : pushed.slice(0, slice);
    return pushed;
  });
}

function sortOf(sort: Value | undefined): ((values: Value[]) => Value[]) | undefined {
  if (sort === undefined) return undefined;
  const wrong = (): CommandError => badValue('The $sort element value must be either 1 or -1');
  if (!(sort instanceof Map)) {
    const direction = numberOf(sort);
    if (direction !== 1 && direction !== -1) throw wrong();
    return (values) => values.toSorted((a, b) => direction * compare(a, b));
  }
  const pattern = parseKeyPattern(sort, wrong);
  const keyed = (value: Value): Buffer => (value instanceof Map ? sortKeyOf(pattern, value) : (keysOf(pattern, new Map()).keys[0] as Buffer));
  return (values) => values.toSorted((a, b) => Buffer.compare(keyed(a), keyed(b)));
}

function addToSet(operand: Value): Modifier {
  const { values } = eachOf('$addToSet', operand, []);
  return creating((current, place) => {
    const array = current === undefined ? [] : current;
    if (!Array.isArray(array)) throw badValue(`Cannot apply $addToSet to non-array field. Field named '${nameOf(place)}' has non-array type ${typeName(array)}`);
    const added = [...array];
    for (const value of values) if (!added.some((other) => equal(other, value))) added.push(value);
    return current !== undefined && added.length === array.length ? current : added;
  });
}

/** Takes out of an array what a test says. */
function removing(operator: string, test: (element: Value) => boolean): Modifier {
  return existing((current) => {
    if (!Array.isArray(current)) throw badValue(`Cannot apply ${operator} to a non-array value`);
    const kept = current.filter((element) => !test(element));
    return kept.length === current.length ? current : kept;
  });
}

function pull(operand: Value): Modifier {
  if (isOperators(operand)) {
    const filter = { op: 'and', filters: parseField(['element'], operand) } as const;
    return removing('$pull', (element) => matches(filter, new Map([['element', element]])));
  }
  if (operand instanceof Map) {
    const filter = parseFilter(operand);
    return removing('$pull', (element) => element instanceof Map && matches(filter, element));
  }
  const [condition] = parseField([], operand);
  return removing('$pull', (element) => condition !== undefined && equal(element, operand));
}

function pullAll(operand: Value): Modifier {
  if (!Array.isArray(operand)) throw badValue(`$pullAll requires an array argument but was given a ${typeName(operand)}`);
  const keys = new Set(operand.map((value) => keyOf(value).toString('latin1')));
  return removing('$pullAll', (element) => keys.has(keyOf(element).toString('latin1')));
}

function pop(operand: Value, path: string): Modifier {
  const end = numberOf(operand);
  if (end === undefined) throw failedToParse(`Expected a number in: ${path}: ${show(operand)}`);
  if (end !== 1 && end !== -1) throw failedToParse(`$pop expects 1 or -1, found: ${show(operand)}`);
  return existing((current, place) => {
    if (!Array.isArray(current)) throw typeMismatch(`Path '${place.path}' contains an element of non-array type '${typeName(current ?? null)}'`);
    if (current.length === 0) return current;
    return end === 1 ? current.slice(0, -1) : current.slice(1);
  });
}

const currentDate = (operand: Value): Modifier => {
  const asDate = operand === true || operand === false || (operand instanceof Map && operand.size === 1 && operand.get('$type') === 'date');
  if (!asDate) throw unsupported('$currentDate of another type than date');
  return creating(() => dateValue(Date.now()));
};

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
  $pullAll: pullAll,
  $pop: pop,
  $currentDate: currentDate,
};
