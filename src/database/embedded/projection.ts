import { decode, type Doc, encode, numberOf } from './bson';
import { unsupported } from './errors';
import { isTrue } from './filter';

/** The fields that a query returns of each document. */
export type Projection = ReadonlySet<string>;

/**
 * Takes a projection apart; undefined when it keeps everything.
 *
 * @throws CommandError NotImplemented for anything but fields of the document itself that are included
 */
export function parseProjection(document: Doc | undefined): Projection | undefined {
  if (!document || document.size === 0) return undefined;
  for (const [field, value] of document) {
    const included = isTrue(value) && (value === true || numberOf(value) !== undefined);
    if (!included || field.includes('.') || field.startsWith('$'))
      throw unsupported(`a projection that does more than to include fields, such as that of '${field}'`);
  }
  return new Set(['_id', ...document.keys()]);
}

/** A stored document as a query returns it: untouched when there is no projection. */
export const projectEncoded = (projection: Projection | undefined, bytes: Buffer): Buffer =>
  projection ? encode(new Map([...decode(bytes)].filter(([field]) => projection.has(field)))) : bytes;
