import { type DtoClass, fieldsOf, type PublishedField } from './dto';
import { isObject } from './object-field';

interface Preparation {
  readonly fields: ReadonlyMap<string, PublishedField>;
  readonly defaults: readonly (readonly [string, unknown])[];
}

const preparations = new WeakMap<object, Preparation>();

/**
 * Returns the fields of a request as its class is to read them: without fields that are null where null means omitted (many clients send null for
 * what they leave out), and with the defaults of absent fields.
 */
export function prepare(dto: DtoClass, value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { fields, defaults } = preparationOf(dto);
  const prepared: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const field = fields.get(key);
    const input = value[key];
    if (input === null && field && !field.required && !field.nullable) continue;
    prepared[key] = field?.types.length === 1 ? prepareNested(field.types[0], input) : input;
  }
  for (const [name, fallback] of defaults) if (!Object.hasOwn(prepared, name)) prepared[name] = fallback;
  return prepared;
}

function prepareNested(dto: DtoClass | undefined, input: unknown): unknown {
  if (!dto) return input;
  if (Array.isArray(input)) return input.map((item) => (isObject(item) ? prepare(dto, item) : (item as unknown)));
  return isObject(input) ? prepare(dto, input) : input;
}

function preparationOf(dto: DtoClass): Preparation {
  const cached = preparations.get(dto);
  if (cached) return cached;
  const fields = fieldsOf(dto);
  const preparation = {
    fields: new Map(fields.map((field) => [field.name, field])),
    defaults: fields
      .filter(({ keywords }) => 'default' in keywords)
      .map(({ name, keywords }) => [name, keywords['default']] as const),
  };
  preparations.set(dto, preparation);
  return preparation;
}
