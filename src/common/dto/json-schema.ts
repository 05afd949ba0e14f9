import type { Type } from '@nestjs/common';
import { type DtoClass, dtoNamed, fieldsOf, type PublishedField, publicationOf } from './dto';
import type { JsonSchema } from './value-kind';

/** Shape of a response or an event: a DTO, a list of DTOs, one of several shapes, or null. */
export type Shape = DtoClass | readonly [DtoClass] | AnyOf | null;

/** Type of the values of a shape. */
export type ShapeValue<Of extends Shape> = Of extends readonly [Type<infer Item>]
  ? Item[]
  : Of extends Type<infer Value>
    ? Value
    : null;

/** One of several shapes. */
export class AnyOf {
  readonly shapes: readonly Shape[];

  constructor(...shapes: readonly Shape[]) {
    this.shapes = shapes;
  }
}

/** Schemas by name, which `#/components/schemas/` refers to. */
export interface Components {
  has(name: string): boolean;
  set(name: string, schema: JsonSchema): unknown;
}

/** Returns the JSON Schema of a shape as it is sent, and adds the schemas that it refers to. */
export function shapeSchema(shape: Shape, components: Components): JsonSchema {
  if (shape === null) return { type: 'null' };
  if (shape instanceof AnyOf) return { anyOf: shape.shapes.map((each) => shapeSchema(each, components)) };
  return typeof shape === 'function'
    ? dtoSchema(shape, components)
    : { type: 'array', items: dtoSchema(shape[0], components) };
}

/** Returns the schema of a shape of published classes, without the schemas that it refers to. */
export const shapeReference = (shape: Shape): JsonSchema =>
  shapeSchema(shape, { has: () => true, set: () => undefined });

/** Returns all schemas that a document refers to, directly or through other schemas. */
export function referredSchemas(document: unknown): Record<string, JsonSchema> {
  const components = new Map<string, JsonSchema>();
  for (const [, name] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
    const dto = dtoNamed(name ?? '');
    if (dto) dtoSchema(dto, components);
  }
  return Object.fromEntries(components);
}

/** Returns a reference to the schema of a published class, or the schema of any other class. */
export function dtoSchema(dto: DtoClass, components: Components): JsonSchema {
  const publication = publicationOf(dto);
  if (!publication) return objectSchema(dto, components);
  const { name, keywords } = publication;
  if (!components.has(name)) {
    // Reserves the place: a class can refer to itself.
    components.set(name, {});
    components.set(name, { ...objectSchema(dto, components), ...keywords });
  }
  return { $ref: `#/components/schemas/${name}` };
}

function objectSchema(dto: DtoClass, components: Components): JsonSchema {
  const fields = fieldsOf(dto);
  const required = fields.filter((field) => field.required).map(({ name }) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field, components)])),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

function fieldSchema({ types, isList, nullable, keywords }: PublishedField, components: Components): JsonSchema {
  if (types.length === 0) return nullable ? nullableSchema(keywords) : keywords;
  const options = types.map((type) => dtoSchema(type, components));
  const value = options.length === 1 && options[0] ? options[0] : { anyOf: options };
  if (isList)
    return nullable
      ? nullableSchema({ type: 'array', items: value, ...keywords })
      : { type: 'array', items: value, ...keywords };
  return nullable ? { anyOf: [...options, { type: 'null' }], ...keywords } : { ...value, ...keywords };
}

const nullableSchema = ({ type, enum: words, ...keywords }: JsonSchema): JsonSchema => ({
  type: [type, 'null'],
  ...(Array.isArray(words) && { enum: [...(words as unknown[]), null] }),
  ...keywords,
});
