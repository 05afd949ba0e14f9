import { type Doc, show, typeName, type Value } from './bson';
import { CommandError, failedToParse, unsupported } from './errors';
import type { Comparison, Filter, Path } from './filter';
import { equal } from './keys';
import { MODIFIERS, type Modifier } from './update-operators';

/** What an update does to one field. */
interface Change {
  readonly operator: string;
  readonly path: Path;
  readonly modifier: Modifier;
}

/** What an update does to a document, in the order in which MongoDB works it off: by the names of the fields. */
export type Update = readonly Change[];

/**
 * Takes an update apart.
 *
 * @throws CommandError FailedToParse, ConflictingUpdateOperators and others as MongoDB does; NotImplemented for what isn't supported
 */
export function parseUpdate(update: Value | undefined): Update {
  if (Array.isArray(update)) throw unsupported('an update by a pipeline');
  if (!(update instanceof Map)) throw failedToParse('Update argument must be either an object or an array');
  if (![...update.keys()][0]?.startsWith('$')) throw unsupported('the replacement of a document');
  const changes: Change[] = [];
  for (const [operator, fields] of update) {
    const parse = MODIFIERS[operator];
    if (!parse)
      throw operator.startsWith('$')
        ? unsupported(`the update operator ${operator}`)
        : failedToParse(
            `Unknown modifier: ${operator}. Expected a valid update modifier or pipeline-style update specified as an array`,
          );
    if (!(fields instanceof Map)) {
      throw failedToParse(
        `Modifiers operate on fields but we found type ${typeName(fields)} instead. For example: {$mod: {<field>: ...}} not {${operator}: ${show(fields)}}`,
      );
    }
    for (const [path, operand] of fields)
      changes.push({ operator, path: parsePath(path), modifier: parse(operand, path) });
  }
  const ordered = changes.toSorted((a, b) => (sortable(a.path) < sortable(b.path) ? -1 : 1));
  ordered.forEach(({ path }, at) => assertApart(ordered[at - 1]?.path, path));
  return ordered;
}

/** A zero never is in a name, and sorts before what may be. */
const sortable = (path: Path): string => path.join('\0');

function parsePath(path: string): Path {
  const parts = path.split('.');
  if (parts.includes(''))
    throw new CommandError(
      56,
      'EmptyFieldName',
      `The update path '${path}' contains an empty field name, which is not allowed.`,
    );
  const positional = parts.find((part) => part.startsWith('$') || /^\d+$/.test(part));
  if (positional !== undefined) throw unsupported(`'${positional}' in the path of an update`);
  return parts;
}

function assertApart(before: Path | undefined, path: Path): void {
  if (!before?.every((part, at) => part === path[at])) return;
  throw new CommandError(
    40,
    'ConflictingUpdateOperators',
    `Updating the path '${path.join('.')}' would create a conflict at '${before.join('.')}'`,
  );
}

/** Makes one change to a document, in its place. */
function apply({ operator, path, modifier }: Change, document: Doc): void {
  let inside = document;
  for (const part of path.slice(0, -1)) {
    let next = inside.get(part);
    if (next === undefined) {
      if (!modifier.creates) return;
      next = new Map();
      inside.set(part, next);
    }
    if (!(next instanceof Map)) {
      // Nothing can be in there that would have to be taken away.
      if (operator === '$unset') return;
      throw new CommandError(
        28,
        'PathNotViable',
        `Cannot reach '${path.join('.')}' in element {${part}: ${show(next)}}`,
      );
    }
    inside = next;
  }
  const name = path.at(-1) as string;
  const current = inside.get(name);
  if (current === undefined && !modifier.creates) return;
  const changed = modifier.apply(current);
  if (changed === undefined) inside.delete(name);
  else inside.set(name, changed);
}

function assertSameId(before: Value | undefined, after: Doc): void {
  const id = after.get('_id');
  if (before === undefined || (id !== undefined && equal(before, id))) return;
  throw new CommandError(
    66,
    'ImmutableField',
    "Performing an update on the path '_id' would modify the immutable field '_id'",
  );
}

/**
 * The document that an update makes of another, which is left as it is.
 *
 * @throws CommandError PathNotViable, TypeMismatch, ImmutableField and others as MongoDB does
 */
export function applyUpdate(update: Update, before: Doc): Doc {
  const after = copyOf(before) as Doc;
  for (const change of update) if (change.operator !== '$setOnInsert') apply(change, after);
  assertSameId(before.get('_id'), after);
  return after;
}

/** A copy whose documents can be changed; arrays are never changed in their place. */
const copyOf = (value: Value): Value =>
  value instanceof Map ? new Map(Array.from(value, ([name, field]) => [name, copyOf(field)])) : value;

/** A document with its `_id` in front, as every stored one has it; drivers give one to every document that they insert. */
export function withIdFirst(document: Doc): Doc {
  const id = document.get('_id');
  if (id === undefined) throw unsupported('a document without an _id');
  return document.keys().next().value === '_id' ? document : new Map([['_id', id], ...document]);
}

/**
 * The document that an upsert inserts: the fields that the filter asks to equal something, then the update.
 *
 * @throws CommandError NotImplemented when it is unclear what MongoDB would take from the filter
 */
export function upserted(update: Update, filter: Filter): Doc {
  const document: Doc = new Map();
  for (const { path, value } of equalities(filter)) {
    if (path.length > 1) throw unsupported(`an upsert with the path '${path.join('.')}' in its filter`);
    document.set(path[0] as string, copyOf(value));
  }
  const requested = document.get('_id');
  for (const change of update) apply(change, document);
  assertSameId(requested, document);
  return withIdFirst(document);
}

function equalities(filter: Filter): Extract<Filter, { op: Comparison }>[] {
  if (filter.op === 'eq') return [filter];
  if (filter.op === 'and') return filter.filters.flatMap(equalities);
  if (filter.op === 'in' && filter.values.length === 1)
    throw unsupported("an upsert with '$in' of one value in its filter; ask for equality");
  if (filter.op === 'or' && filter.filters.length === 1)
    throw unsupported("an upsert with '$or' of one condition in its filter");
  return [];
}
