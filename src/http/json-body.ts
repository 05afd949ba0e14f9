import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { RequestMalformed, ValidationFailed } from '../common/common.errors';
import { LIMITS } from '../common/limits';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;

/** A bound that a JSON text exceeds. */
interface ExceededBound {
  readonly detail: string;
  readonly limit: number;
}

/** An object or array that is not closed yet. */
interface OpenContainer {
  /** Occurs once per key of an object, or between two items of an array. */
  readonly separator: number;
  count: number;
}

const TOO_DEEP: ExceededBound = { detail: `is nested deeper than ${LIMITS.jsonDepth} levels`, limit: LIMITS.jsonDepth };
const TOO_MANY_KEYS: ExceededBound = {
  detail: `contains an object with more than ${LIMITS.jsonKeys} fields`,
  limit: LIMITS.jsonKeys,
};
const TOO_MANY_ITEMS: ExceededBound = {
  detail: `contains a list with more than ${LIMITS.jsonItems} items`,
  limit: LIMITS.jsonItems,
};

/**
 * Checks nesting depth, keys per object and items per array of a JSON text in one pass over its bytes, so that parsing and
 * validating it is cheap. Does not check the syntax.
 */
export function exceededBound(json: Uint8Array): ExceededBound | undefined {
  const open: OpenContainer[] = [];
  for (let index = 0; index < json.length; index += 1) {
    switch (json[index]) {
      case QUOTE:
        index = endOfString(json, index);
        break;
      case OPENING_BRACE:
      case OPENING_BRACKET:
        if (open.length === LIMITS.jsonDepth) return TOO_DEEP;
        open.push({ separator: json[index] === OPENING_BRACE ? COLON : COMMA, count: 0 });
        break;
      case CLOSING_BRACE:
      case CLOSING_BRACKET:
        open.pop();
        break;
      case COLON:
      case COMMA: {
        const exceeded = countSeparator(open.at(-1), json[index]);
        if (exceeded) return exceeded;
      }
    }
  }
  return undefined;
}

function countSeparator(
  container: OpenContainer | undefined,
  separator: number | undefined,
): ExceededBound | undefined {
  if (container?.separator !== separator || !container) return undefined;
  container.count += 1;
  if (separator === COLON) return container.count > LIMITS.jsonKeys ? TOO_MANY_KEYS : undefined;
  // An array has one item more than commas.
  return container.count >= LIMITS.jsonItems ? TOO_MANY_ITEMS : undefined;
}

function endOfString(json: Uint8Array, start: number): number {
  let index = start + 1;
  while (index < json.length && json[index] !== QUOTE) index += json[index] === BACKSLASH ? 2 : 1;
  return index;
}

/**
 * Parses the body of a request.
 *
 * @returns undefined for an empty body
 * @throws RequestMalformed if the body is not UTF-8 or not JSON
 * @throws ValidationFailed if the body is nested too deeply, or an object or array in it is too large
 */
export function parseJsonBody(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  if (!isUtf8(body)) throw new RequestMalformed('The body is not valid UTF-8.');
  const exceeded = exceededBound(body);
  if (exceeded) throw new ValidationFailed([{ field: 'body', ...exceeded }]);
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    throw new RequestMalformed('The body is not valid JSON.');
  }
}

/** Makes JSON the only media type of request bodies; all others are answered with 415. */
export function acceptJsonBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (_request: unknown, body: Buffer) =>
    parseJsonBody(body),
  );
}
