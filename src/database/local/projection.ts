import { CommandError, unsupported } from './errors';
import { type Doc, isDoc } from './values';

/** Which fields of a document are wanted. */
export type Projection = (document: Doc) => Doc;

/** A list of fields to show, or to leave out; undefined shows all. @see https://www.mongodb.com/docs/manual/reference/operator/projection/ */
export function compileProjection(projection: Doc | undefined): Projection | undefined {
  if (!projection || Object.keys(projection).length === 0) return undefined;
  const { _id: id, ...fields } = projection;
  const paths = Object.keys(fields);
  const unknown = Object.entries(projection).find(([path, value]) => !isFlag(value) || path.includes('$'));
  if (unknown) throw unsupported(`projections like that of ${unknown[0]}`);
  const flags = new Set(Object.values(fields).map(Boolean));
  if (flags.size > 1) throw new CommandError('BadValue', 'Cannot do exclusion and inclusion in one projection');
  const includes = flags.size === 0 ? Boolean(id) : flags.has(true);
  const withId = id === undefined || Boolean(id);
  const split = [...(includes === withId ? ['_id'] : []), ...paths].map((path) => path.split('.'));
  return (document) => (includes ? included(document, split) : excluded(document, split));
}

const isFlag = (value: unknown): boolean => typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint';

/** The rests of those paths that begin with a name. */
const below = (paths: readonly (readonly string[])[], name: string): (readonly string[])[] => paths.filter(([first]) => first === name).map((path) => path.slice(1));

function included(document: Doc, paths: readonly (readonly string[])[]): Doc {
  const fields = Object.entries(document).flatMap(([name, value]) => {
    const rests = below(paths, name);
    if (rests.length === 0) return [];
    if (rests.some((rest) => rest.length === 0)) return [[name, value as unknown]];
    if (Array.isArray(value)) return [[name, value.filter((element) => isDoc(element)).map((element) => included(element as Doc, rests))]];
    return isDoc(value) ? [[name, included(value, rests)]] : [];
  });
  return Object.fromEntries(fields) as Doc;
}

function excluded(document: Doc, paths: readonly (readonly string[])[]): Doc {
  const fields = Object.entries(document).flatMap(([name, value]) => {
    const rests = below(paths, name);
    if (rests.some((rest) => rest.length === 0)) return [];
    if (rests.length === 0) return [[name, value as unknown]];
    if (Array.isArray(value)) return [[name, value.map((element: unknown) => (isDoc(element) ? excluded(element, rests) : element))]];
    return [[name, isDoc(value) ? excluded(value, rests) : (value as unknown)]];
  });
  return Object.fromEntries(fields) as Doc;
}
