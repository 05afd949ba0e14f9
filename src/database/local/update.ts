import { CommandError, unsupported } from './errors';
import { compileFilter, isOperators } from './match';
import { isIndex } from './paths';
import { compare, type Doc, equal, isDoc, Rank, rankOf } from './values';

const INT32_MAX = 2_147_483_647;
const INT64_MAX = (1n << 63n) - 1n;

/** Makes the new document from the old one, which it leaves as it is. */
export type Update = (document: Doc, isInsert: boolean) => Doc;

type Operator = (target: Target, operand: unknown, isInsert: boolean) => void;

/**
 * What an update document does: replaces, or changes with operators.
 *
 * @see https://www.mongodb.com/docs/manual/reference/operator/update/
 */
export function compileUpdate(update: unknown, arrayFilters?: unknown): Update {
  if (Array.isArray(update)) throw unsupported('updates by pipeline');
  if (arrayFilters !== undefined) throw unsupported('arrayFilters');
  if (!isDoc(update)) throw new CommandError('FailedToParse', 'Update argument must be either an object or an array');
  const names = Object.keys(update);
  if (!names[0]?.startsWith('$')) return replaceBy(update, names);
  const changes = names.flatMap((name) => changesOf(name, update[name]));
  assertNoConflict(changes.map(({ path }) => path));
  return (document, isInsert) => {
    const changed = structuredCopy(document);
    for (const { path, operator, operand } of changes) operator(new Target(changed, path), operand, isInsert);
    if (!isInsert && !equal(changed['_id'], document['_id'])) throw immutableId();
    return changed;
  };
}

const immutableId = (): CommandError => new CommandError('ImmutableField', "Performing an update on the path '_id' would modify the immutable field '_id'");

function replaceBy(replacement: Doc, names: readonly string[]): Update {
  const operator = names.find((name) => name.startsWith('$'));
  if (operator) throw new CommandError('DollarPrefixedFieldName', `The dollar ($) prefixed field '${operator}' is not allowed in the context of an update's replacement document.`);
  return (document) => {
    if ('_id' in replacement && '_id' in document && !equal(replacement['_id'], document['_id'])) throw immutableId();
    return '_id' in document ? { _id: document['_id'] as unknown, ...replacement } : replacement;
  };
}

interface Change {
  readonly path: string;
  readonly operator: Operator;
  readonly operand: unknown;
}

function changesOf(name: string, fields: unknown): Change[] {
  const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
  if (!operator) throw name.startsWith('$') ? unsupported(`the update operator ${name}`) : new CommandError('FailedToParse', `Unknown modifier: ${name}`);
  if (!isDoc(fields)) throw new CommandError('FailedToParse', `Modifiers operate on fields but we found type ${typeof fields} instead.`);
  return Object.entries(fields).map(([path, operand]) => {
    if (path.split('.').some((part) => part.startsWith('$'))) throw unsupported(`positional updates (${path})`);
    if (path.split('.').some((part) => part === '')) throw new CommandError('FailedToParse', `The update path '${path}' contains an empty field name, which is not allowed.`);
    return { path, operator, operand };
  });
}

function assertNoConflict(paths: readonly string[]): void {
  const sorted = paths.toSorted();
  for (const [index, path] of sorted.entries()) {
    const clash = sorted.slice(0, index).find((before) => path === before || path.startsWith(`${before}.`));
    if (clash !== undefined) throw new CommandError('ConflictingUpdateOperators', `Updating the path '${path}' would create a conflict at '${clash}'`);
  }
}

/** The place that a dotted path names in a document, made when it is first written. */
class Target {
  private readonly parts: readonly string[];

  constructor(
    private readonly root: Doc,
    readonly path: string,
  ) {
    this.parts = path.split('.');
  }

  get(): unknown {
    let value: unknown = this.root;
    for (const part of this.parts) {
      if (Array.isArray(value)) value = isIndex(part) ? (value as unknown[])[Number(part)] : undefined;
      else value = isDoc(value) && Object.hasOwn(value, part) ? (value[part] as unknown) : undefined;
    }
    return value;
  }

  set(value: unknown): void {
    let container: unknown = this.root;
    for (const part of this.parts.slice(0, -1)) {
      const next = this.child(container, part);
      container = next ?? this.put(container, part, {});
    }
    this.put(container, this.parts.at(-1)!, value);
  }

  unset(): void {
    let container: unknown = this.root;
    for (const part of this.parts.slice(0, -1)) {
      container = Array.isArray(container) ? (container as unknown[])[isIndex(part) ? Number(part) : -1] : isDoc(container) ? (container[part] as unknown) : undefined;
    }
    const last = this.parts.at(-1)!;
    if (Array.isArray(container) && isIndex(last) && Number(last) < container.length) container[Number(last)] = null;
    else if (isDoc(container)) delete container[last];
  }

  private child(container: unknown, part: string): unknown {
    if (Array.isArray(container)) return (container as unknown[])[this.indexIn(container, part)];
    if (!isDoc(container)) throw this.notViable(container, part);
    return Object.hasOwn(container, part) ? (container[part] as unknown) : undefined;
  }

  private put(container: unknown, part: string, value: unknown): unknown {
    if (Array.isArray(container)) {
      const index = this.indexIn(container, part);
      while (container.length < index) container.push(null);
      container[index] = value;
    } else if (isDoc(container)) container[part] = value;
    else throw this.notViable(container, part);
    return value;
  }

  private indexIn(container: readonly unknown[], part: string): number {
    if (isIndex(part) && Number(part) <= container.length + 1_500_000) return Number(part);
    throw this.notViable(container, part);
  }

  private notViable(container: unknown, part: string): CommandError {
    return new CommandError('PathNotViable', `Cannot create field '${part}' in element of type ${Rank[rankOf(container)]} (path ${this.path})`);
  }
}

const OPERATORS: Readonly<Record<string, Operator>> = {
  $set: (target, operand) => target.set(operand),
  $setOnInsert: (target, operand, isInsert) => {
    if (isInsert) target.set(operand);
  },
  $unset: (target) => target.unset(),
  $inc: (target, operand) => target.set(sum(target, operand)),
  $max: (target, operand) => {
    const value = target.get();
    if (value === undefined || compare(operand, value) > 0) target.set(operand);
  },
  $min: (target, operand) => {
    const value = target.get();
    if (value === undefined || compare(operand, value) < 0) target.set(operand);
  },
  $push: (target, operand) => {
    const { values, position, slice } = pushOf(operand);
    const list = [...listAt(target, '$push')];
    list.splice(position ?? list.length, 0, ...values);
    target.set(slice === undefined ? list : slice >= 0 ? list.slice(0, slice) : list.slice(slice));
  },
  $addToSet: (target, operand) => {
    const { values } = isOperators(operand) ? pushOf(operand, ['$each']) : { values: [operand] };
    const list = [...listAt(target, '$addToSet')];
    for (const value of values) if (!list.some((element) => equal(element, value))) list.push(value);
    target.set(list);
  },
  $pull: (target, operand) => removeFrom(target, '$pull', pullTest(operand)),
  $pullAll: (target, operand) => {
    if (!Array.isArray(operand)) throw new CommandError('BadValue', '$pullAll requires an array argument');
    removeFrom(target, '$pullAll', (element) => operand.some((value) => equal(element, value)));
  },
  $pop: (target, operand) => {
    if (operand !== 1 && operand !== -1) throw new CommandError('FailedToParse', '$pop expects 1 or -1');
    if (target.get() === undefined) return;
    const list = listAt(target, '$pop');
    target.set(operand === 1 ? list.slice(0, -1) : list.slice(1));
  },
};

function sum(target: Target, operand: unknown): number | bigint {
  if (rankOf(operand) !== Rank.Number) throw new CommandError('TypeMismatch', `Cannot increment with non-numeric argument: {${target.path}: ${String(operand)}}`);
  const value = target.get();
  const by = operand as number | bigint;
  if (value === undefined) return by;
  if (rankOf(value) !== Rank.Number) {
    throw new CommandError('TypeMismatch', `Cannot apply $inc to a value of non-numeric type. The field '${target.path}' is of type ${Rank[rankOf(value)]}`);
  }
  return add(value as number | bigint, by);
}

// int32 grows into int64, int64 and double make a double, and int64 never wraps.
function add(value: number | bigint, by: number | bigint): number | bigint {
  if (!isInteger(value) || !isInteger(by)) return Number(value) + Number(by);
  const total = BigInt(value) + BigInt(by);
  if (total > INT64_MAX || total < -INT64_MAX - 1n) throw new CommandError('BadValue', 'Failed to apply $inc operations to current value: it would overflow');
  const fitsInt32 = total <= BigInt(INT32_MAX) && total >= BigInt(-INT32_MAX - 1);
  return typeof value === 'bigint' || typeof by === 'bigint' || !fitsInt32 ? total : Number(total);
}

const isInteger = (value: number | bigint): boolean => typeof value === 'bigint' || (Number.isInteger(value) && Math.abs(value) <= INT32_MAX);

function listAt(target: Target, operator: string): readonly unknown[] {
  const value = target.get();
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  throw new CommandError('BadValue', `The field '${target.path}' must be an array but is of type ${Rank[rankOf(value)]} (${operator})`);
}

function removeFrom(target: Target, operator: string, matches: (element: unknown) => boolean): void {
  if (target.get() === undefined) return;
  const list = listAt(target, operator);
  const kept = list.filter((element) => !matches(element));
  if (kept.length < list.length) target.set(kept);
}

interface Push {
  readonly values: readonly unknown[];
  readonly position?: number;
  readonly slice?: number;
}

function pushOf(operand: unknown, known: readonly string[] = ['$each', '$position', '$slice']): Push {
  if (!isOperators(operand)) return { values: [operand] };
  const foreign = Object.keys(operand).find((name) => !known.includes(name));
  if (foreign !== undefined) throw unsupported(`the modifier ${foreign}`);
  const { $each: values, $position: position, $slice: slice } = operand as { $each?: unknown; $position?: unknown; $slice?: unknown };
  if (!Array.isArray(values)) throw new CommandError('BadValue', 'The argument to $each must be an array');
  return { values, position: wholeNumber('$position', position), slice: wholeNumber('$slice', slice) };
}

function wholeNumber(name: string, value: unknown): number | undefined {
  if (value === undefined || (typeof value === 'number' && Number.isInteger(value))) return value;
  throw new CommandError('BadValue', `The value for ${name} must be an integer value`);
}

function pullTest(operand: unknown): (element: unknown) => boolean {
  if (isOperators(operand)) {
    const test = compileFilter({ element: operand });
    return (element) => test({ element });
  }
  if (!isDoc(operand)) return (element) => equal(element, operand);
  const filter = compileFilter(operand);
  return (element) => isDoc(element) && filter(element);
}

/** A copy whose documents and arrays can be changed; other values never are. */
export function structuredCopy<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(structuredCopy) as Value;
  if (!isDoc(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, structuredCopy(field as unknown)])) as Value;
}

/** The document that an upsert starts from: the values that the filter asks to be equal to. */
export function upsertSeed(conditions: readonly { path: string; operator: string; operand: unknown }[]): Doc {
  const seed: Doc = {};
  for (const { path, operator, operand } of conditions) {
    const only: unknown = operator === '$in' && Array.isArray(operand) && operand.length === 1 ? operand[0] : operand;
    if (operator === '$eq' || only !== operand) new Target(seed, path).set(only);
  }
  return seed;
}
