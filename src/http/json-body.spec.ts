import fc from 'fast-check';
import { RequestMalformed, ValidationFailed } from '../common/common.errors';
import { exceededBound, parseJsonBody } from './json-body';

const bytes = (text: string): Buffer => Buffer.from(text);
const boundOf = (value: unknown): number | undefined => exceededBound(bytes(JSON.stringify(value)))?.limit;
const nested = (depth: number): unknown =>
  depth === 0 ? 1 : depth % 2 ? [nested(depth - 1)] : { a: nested(depth - 1) };
const fields = (count: number): object =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, index]));

/** The bounds by the parsed value. */
function expectedBound(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth >= 16) return true;
  const children = Object.values(value);
  return (
    children.length > (Array.isArray(value) ? 500 : 64) || children.some((child) => expectedBound(child, depth + 1))
  );
}

describe('exceededBound', () => {
  it.each([
    ['nesting', nested(16), nested(17), 16],
    ['keys of an object', { a: [fields(64)] }, { a: [fields(65)] }, 64],
    ['items of an array', { a: new Array(500).fill(0) }, { a: new Array(501).fill(0) }, 500],
  ])('accepts the highest %s and rejects one more', (_, accepted, rejected, limit) => {
    expect([boundOf(accepted), boundOf(rejected)]).toEqual([undefined, limit]);
  });

  it('does not count brackets, commas and colons within strings', () => {
    expect(boundOf({ ['[{"\\'.repeat(50)]: ',:"\\['.repeat(600) })).toBeUndefined();
  });

  it('agrees with the parsed value for arbitrary JSON', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.jsonValue({ maxDepth: 20 }),
          fc.array(fc.integer(), { minLength: 495, maxLength: 505 }),
          fc.dictionary(fc.string(), fc.integer(), { minKeys: 62, maxKeys: 67 }),
        ),
        (value) => (boundOf(value) !== undefined) === expectedBound(JSON.parse(JSON.stringify(value))),
      ),
    );
  });

  it('ends on any bytes, also within strings, and reads a byte once', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (json) => void exceededBound(json)));
    for (const text of ['"', '"\\', '{"a":"', ']]]]', '}}}[[[', ':,:,'])
      expect(exceededBound(bytes(text))).toBeUndefined();
  });
});

describe('parseJsonBody', () => {
  it('returns undefined for an empty body, and the value of a JSON text', () => {
    expect([parseJsonBody(bytes('')), parseJsonBody(bytes(' {"a":[1,"ä"]} '))]).toEqual([undefined, { a: [1, 'ä'] }]);
  });

  it.each([
    ['an overlong sequence', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a lonely continuation', [0x80]],
    ['latin1', [0xe4]],
    ['a truncated sequence', [0xf0, 0x9f, 0x98]],
  ])('rejects %s, which is not UTF-8', (_, sequence) => {
    expect(() => parseJsonBody(Buffer.concat([bytes('{"name":"'), Buffer.from(sequence), bytes('"}')]))).toThrow(
      RequestMalformed,
    );
  });

  it('rejects what is not JSON as malformed, and what exceeds a bound as invalid', () => {
    for (const text of ['{', '{"a":}', 'undefined', '\ufeff{}'])
      expect(() => parseJsonBody(bytes(text))).toThrow(RequestMalformed);
    expect(() => parseJsonBody(bytes('['.repeat(260_000)))).toThrow(ValidationFailed);
  });
});
