import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Schema } from 'mongoose';

const SOURCE = resolve(__dirname, '..');

const schemas = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.schema.ts'))
  .flatMap((path) => {
    const exported = jest.requireActual<Record<string, unknown>>(join(SOURCE, path));
    return Object.entries(exported).filter((entry): entry is [string, Schema] => entry[1] instanceof Schema);
  });

describe('database schemas', () => {
  it('are found', () => expect(schemas.length).toBeGreaterThan(10));

  it.each(schemas)('%s has no defaults, which inserts would bypass', (_, schema) => {
    const defaults: string[] = [];
    schema.eachPath((path, { options }) => {
      if ((options as { default?: unknown }).default !== undefined) defaults.push(path);
    });
    expect(defaults).toEqual([]);
  });
});
