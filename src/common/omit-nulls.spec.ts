import { z } from 'zod';
import { omitNulls } from './omit-nulls';

describe('omitNulls', () => {
  const schema = z.strictObject({
    required: z.string(),
    optional: z.string().optional(),
    withDefault: z.string().default('x'),
    prefault: z.string().prefault('x'),
    cleared: z.string().nullable().optional(),
    nested: z.array(z.strictObject({ inner: z.int().optional() })).optional(),
  });

  it.each(['optional', 'withDefault', 'prefault', 'nested'])(
    'removes null from %s, which is optional and has no meaning for null',
    (key) => {
      expect(omitNulls(schema, { required: 'r', [key]: null })).toEqual({ required: 'r' });
    },
  );

  it('keeps null where it has a meaning, where a field is required and where it is unknown', () => {
    const value = { required: null, cleared: null, unknown: null };
    expect(omitNulls(schema, value)).toEqual(value);
  });

  it('omits nulls of objects in lists', () =>
    expect(omitNulls(schema, { nested: [{ inner: null }, { inner: 1 }] })).toEqual({ nested: [{}, { inner: 1 }] }));

  it.each([null, 'text', 5, ['x', null]])('returns %p as it is', (value) =>
    expect(omitNulls(schema, value)).toEqual(value),
  );
});
