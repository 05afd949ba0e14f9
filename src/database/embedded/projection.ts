import { decode, type Doc, encode, numberOf, typeName, type Value } from './bson';
import { CommandError, unsupported } from './errors';
import { isTrue } from './filter';

/** The fields to keep, or those to leave out, nested as the documents are. */
type Fields = Map<string, Fields | true>;

/** What a query returns of each document. */
export interface Projection {
  readonly fields: Fields;
  readonly including: boolean;
  /** Whether `_id` comes along. */
  readonly id: boolean;
}

/**
 * Takes a projection apart; undefined when it keeps everything.
 *
 * @throws CommandError NotImplemented for anything but fields to include or to exclude
 */
export function parseProjection(document: Doc | undefined): Projection | undefined {
  if (!document || document.size === 0) return undefined;
  const fields: Fields = new Map();
  let including: boolean | undefined;
  let id: boolean | undefined;
  for (const [path, value] of document) {
    if (typeof value !== 'boolean' && numberOf(value) === undefined) throw unsupported(`a projection of '${path}' by ${typeName(value)}`);
    const wanted = isTrue(value);
    if (path === '_id') {
      id = wanted;
      continue;
    }
    if (path.split('.').some((part) => part.startsWith('$') || part === '')) throw unsupported(`'${path}' in a projection`);
    including ??= wanted;
    if (including && !wanted) throw new CommandError(31254, 'Location31254', `Cannot do exclusion on field ${path} in inclusion projection`);
    if (!including && wanted) throw new CommandError(31253, 'Location31253', `Cannot do inclusion on field ${path} in exclusion projection`);
    place(fields, path);
  }
  return { fields, including: including ?? id ?? false, id: id ?? true };
}

function place(fields: Fields, path: string): void {
  const parts = path.split('.');
  let inside = fields;
  parts.forEach((part, at) => {
    const existing = inside.get(part);
    const last = at === parts.length - 1;
    if (existing === true) {
      if (last) return;
      throw new CommandError(31249, 'Location31249', `Path collision at ${path} remaining portion ${parts.slice(at + 1).join('.')}`);
    }
    if (last) {
      if (existing) throw new CommandError(31250, 'Location31250', `Path collision at ${path}`);
      inside.set(part, true);
      return;
    }
    const next: Fields = existing ?? new Map();
    inside.set(part, next);
    inside = next;
  });
}

/** What is left of a document. */
export function project({ fields, including, id }: Projection, document: Doc): Doc {
  const projected: Doc = new Map();
  for (const [name, value] of document) {
    if (name === '_id') {
      if (id) projected.set(name, value);
      continue;
    }
    const kept = keep(fields.get(name), value, including);
    if (kept !== undefined) projected.set(name, kept);
  }
  return projected;
}

function keep(fields: Fields | true | undefined, value: Value, including: boolean): Value | undefined {
  if (fields === undefined) return including ? undefined : value;
  if (fields === true) return including ? value : undefined;
  return inside(fields, value, including);
}

function inside(fields: Fields, value: Value, including: boolean): Value | undefined {
  if (Array.isArray(value)) return value.map((element) => inside(fields, element, including)).filter((element) => element !== undefined);
  if (!(value instanceof Map)) return including ? undefined : value;
  const kept: Doc = new Map();
  for (const [name, field] of value) {
    const left = keep(fields.get(name), field, including);
    if (left !== undefined) kept.set(name, left);
  }
  return kept;
}

/** A stored document as a query returns it: untouched when there is no projection. */
export const projectEncoded = (projection: Projection | undefined, bytes: Buffer): Buffer =>
  projection ? encode(project(projection, decode(bytes))) : bytes;
