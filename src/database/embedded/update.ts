import { type Doc, encode, MAX_DOCUMENT_BYTES, newObjectId, typeName, type Value } from './bson';
import { idKeyOf, show } from './documents';
import { CommandError, failedToParse, unsupported } from './errors';
import type { Comparison, Filter } from './filter';
import { equal } from './keys';
import { MODIFIERS, type Modifier } from './update-operators';

/** What an update makes of a document: another document, or a change of fields. */
export type Update = { readonly kind: 'replacement'; readonly document: Doc } | { readonly kind: 'modifiers'; readonly root: Branch };

/** The fields of a change, in the order in which MongoDB works them off: by name. */
interface Branch {
  readonly children: Map<string, Branch | Leaf>;
}

interface Leaf {
  readonly operator: string;
  readonly path: string;
  readonly modifier: Modifier;
}

/**
 * Takes an update apart.
 *
 * @throws CommandError FailedToParse, ConflictingUpdateOperators and others as MongoDB does; NotImplemented for what isn't supported
 */
export function parseUpdate(update: Value | undefined): Update {
  if (Array.isArray(update)) throw unsupported('an update by a pipeline');
  if (!(update instanceof Map)) throw failedToParse('Update argument must be either an object or an array');
  const [first] = update.keys();
  if (first === undefined || !first.startsWith('$')) {
    const operator = [...update.keys()].find((name) => name.startsWith('$'));
    if (operator) throw new CommandError(52, 'DollarPrefixedFieldName', `The dollar ($) prefixed field '${operator}' in '${operator}' is not allowed in the context of an update's replacement document.`);
    return { kind: 'replacement', document: update };
  }
  const root: Branch = { children: new Map() };
  for (const [operator, fields] of update) {
    const parse = MODIFIERS[operator];
    if (!parse) throw operator.startsWith('$') ? unsupported(`the update operator ${operator}`) : failedToParse(`Unknown modifier: ${operator}. Expected a valid update modifier or pipeline-style update specified as an array`);
    if (!(fields instanceof Map)) {
      throw failedToParse(`Modifiers operate on fields but we found type ${typeName(fields)} instead. For example: {$mod: {<field>: ...}} not {${operator}: ${show(fields)}}`);
    }
    for (const [path, operand] of fields) place(root, path, { operator, path, modifier: parse(operand, path) });
  }
  return { kind: 'modifiers', root };
}

const isLeaf = (node: Branch | Leaf): node is Leaf => 'modifier' in node;

function place(root: Branch, path: string, leaf: Leaf): void {
  const parts = path.split('.');
  if (path === '') throw new CommandError(56, 'EmptyFieldName', "An empty update path is not valid.");
  if (parts.includes('')) throw new CommandError(56, 'EmptyFieldName', `The update path '${path}' contains an empty field name, which is not allowed.`);
  const positional = parts.find((part) => part.startsWith('$') || /^\d+$/.test(part));
  if (positional) throw unsupported(`'${positional}' in the path of an update`);
  let branch = root;
  parts.forEach((part, at) => {
    const existing = branch.children.get(part);
    const last = at === parts.length - 1;
    if (existing && (last || isLeaf(existing))) {
      throw new CommandError(40, 'ConflictingUpdateOperators', `Updating the path '${path}' would create a conflict at '${parts.slice(0, at + 1).join('.')}'`);
    }
    const next = existing ?? (last ? leaf : { children: new Map() });
    branch.children.set(part, next);
    if (!isLeaf(next)) branch = next;
  });
}

const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);

/** The changes at and below a place. */
const leavesOf = (node: Branch | Leaf): Leaf[] => (isLeaf(node) ? [node] : [...node.children.values()].flatMap(leavesOf));

/** Whether anything of a change makes a field that isn't there; `$unset` and `$pull` don't. */
const creates = (node: Branch | Leaf, inserting: boolean): boolean => leavesOf(node).some(({ modifier }) => modifier.creates(inserting));

/** Refuses a way that leads through something else than a document; only `$unset` passes over that. */
function assertViable(node: Branch | Leaf, part: string, reached: string, inserting: boolean): void {
  for (const leaf of leavesOf(node)) {
    if (leaf.modifier.creates(inserting)) throw new CommandError(28, 'PathNotViable', `Cannot create field '${part}' in element ${reached}`);
    if (leaf.operator === '$unset' || leaf.operator === '$setOnInsert') continue;
    throw new CommandError(28, 'PathNotViable', `Cannot use the part (${part}) of (${leaf.path}) to traverse the element (${reached})`);
  }
}

/** Changes a document in its place. */
function apply(branch: Branch, document: Doc, whole: Doc, inserting: boolean): void {
  for (const [name, node] of [...branch.children].toSorted(byName)) {
    const current = document.get(name);
    if (current === undefined && !creates(node, inserting)) continue;
    if (isLeaf(node)) {
      const changed = node.modifier.apply(current, { path: node.path, document: whole, inserting });
      if (changed === undefined) document.delete(name);
      else document.set(name, changed);
    } else if (current === undefined || current instanceof Map) {
      const inside: Doc = current ?? new Map();
      apply(node, inside, whole, inserting);
      document.set(name, inside);
    } else assertViable(node, [...node.children.keys()][0] as string, `{${name}: ${show(current)}}`, inserting);
  }
}

function assertSameId(before: Value | undefined, after: Doc): void {
  const id = after.get('_id');
  if (before === undefined || (id !== undefined && equal(before, id))) return;
  throw new CommandError(66, 'ImmutableField', "Performing an update on the path '_id' would modify the immutable field '_id'");
}

/**
 * The document that an update makes of another, which is left as it is.
 *
 * @throws CommandError PathNotViable, TypeMismatch, ImmutableField and others as MongoDB does
 */
export function applyUpdate(update: Update, before: Doc): Doc {
  const id = before.get('_id') as Value;
  if (update.kind === 'replacement') {
    const given = update.document.get('_id');
    if (given !== undefined && !equal(given, id)) {
      throw new CommandError(66, 'ImmutableField', `After applying the update, the (immutable) field '_id' was found to have been altered to _id: ${show(given)}`);
    }
    return withIdFirst(update.document, id);
  }
  const after = structuredCopy(before) as Doc;
  apply(update.root, after, before, false);
  assertSameId(id, after);
  return after;
}

/** A copy whose documents and arrays can be changed. */
function structuredCopy(value: Value): Value {
  if (value instanceof Map) return new Map(Array.from(value, ([name, field]) => [name, structuredCopy(field)]));
  return Array.isArray(value) ? value.map(structuredCopy) : value;
}

/** A document with its `_id` in front, as every stored one has it. */
export function withIdFirst(document: Doc, id: Value): Doc {
  const [first] = document.keys();
  if (first === '_id' && document.get('_id') === id) return document;
  const ordered: Doc = new Map([['_id', id]]);
  for (const [name, value] of document) if (name !== '_id') ordered.set(name, value);
  return ordered;
}

/**
 * The document that an upsert inserts: the fields that the filter asks to equal something, then the update.
 *
 * @throws CommandError NotSingleValueField when the filter wants one field to equal two things; NotImplemented when it is unclear what MongoDB would take from it
 */
export function upserted(update: Update, filter: Filter): Doc {
  const asked = equalities(filter);
  if (update.kind === 'replacement') {
    const wanted = asked.find(({ path }) => path.join('.') === '_id')?.value;
    const given = update.document.get('_id');
    if (wanted !== undefined && given !== undefined && !equal(wanted, given)) {
      throw new CommandError(66, 'ImmutableField', `After applying the update, the (immutable) field '_id' was found to have been altered to _id: ${show(given)}`);
    }
    return withIdFirst(update.document, given ?? wanted ?? newObjectId());
  }
  const document: Doc = new Map();
  for (const { path, value } of asked) setEquality(document, path, value);
  const wanted = document.get('_id');
  apply(update.root, document, document, true);
  assertSameId(wanted, document);
  return withIdFirst(document, document.get('_id') ?? newObjectId());
}

type Equality = Extract<Filter, { op: Comparison }>;

function equalities(filter: Filter): Equality[] {
  if (filter.op === 'eq') return [filter];
  if (filter.op === 'and') return filter.filters.flatMap(equalities);
  if (filter.op === 'in' && filter.values.length === 1) throw unsupported("an upsert with '$in' of one value in its filter; ask for equality");
  if (filter.op === 'or' && filter.filters.length === 1) throw unsupported("an upsert with '$or' of one condition in its filter");
  return [];
}

function setEquality(document: Doc, path: readonly string[], value: Value): void {
  let inside = document;
  path.forEach((name, at) => {
    const existing = inside.get(name);
    if (at === path.length - 1) {
      if (existing !== undefined) throw new CommandError(54, 'NotSingleValueField', `cannot infer query fields to set, path '${path.join('.')}' is matched twice`);
      inside.set(name, structuredCopy(value));
    } else if (existing === undefined) {
      const created: Doc = new Map();
      inside.set(name, created);
      inside = created;
    } else if (existing instanceof Map) inside = existing;
    else throw new CommandError(54, 'NotSingleValueField', `cannot infer query fields to set, both paths '${path.join('.')}' and '${path.slice(0, at + 1).join('.')}' are matched`);
  });
}

/** Checks a document before it is stored, and encodes it. */
export function encodeChecked(document: Doc): Buffer {
  idKeyOf(document);
  const bytes = encode(document);
  if (bytes.length > MAX_DOCUMENT_BYTES) {
    throw new CommandError(17419, 'Location17419', `Resulting document after update is larger than ${MAX_DOCUMENT_BYTES}`);
  }
  return bytes;
}
