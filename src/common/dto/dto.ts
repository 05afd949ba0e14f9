import type { Type } from '@nestjs/common';
import { ApiSchema, DECORATORS } from '@nestjs/swagger';
import type { JsonSchema } from './value-kind';

/** A DTO class. */
export type DtoClass<Shape extends object = object> = Type<Shape>;

/** A published field of a DTO class, as @nestjs/swagger stores it. */
export interface PublishedField {
  readonly name: string;
  /** Whether requests must have the field. Responses always have a field that has a default. */
  readonly required: boolean;
  readonly nullable: boolean;
  /** DTO classes that the field, or each of its items, has one of. */
  readonly types: readonly DtoClass[];
  readonly isList: boolean;
  /** Keywords of the field beside its types. */
  readonly keywords: JsonSchema;
}

/** Name, description and example of a published schema. */
interface DtoOptions {
  /** Defaults to the name of the class without `Dto`. */
  readonly name?: string;
  readonly description?: string;
  readonly example?: unknown;
}

const DTO = Symbol('dto');
const dtosByName = new Map<string, DtoClass>();

/** Publishes a class as a schema of its own. The schema of a class without this decorator is part of the schemas that refer to it. */
export const Dto =
  ({ name, ...keywords }: DtoOptions = {}): ClassDecorator =>
  (target) => {
    const published = name ?? target.name.replace(/Dto$/, '');
    ApiSchema({ name: published })(target);
    Reflect.defineMetadata(DTO, { name: published, keywords }, target);
    dtosByName.set(published, target as unknown as DtoClass);
  };

/** Returns the class that is published under a name. */
export const dtoNamed = (name: string): DtoClass | undefined => dtosByName.get(name);

/** Returns how a class is published; undefined if it has no schema of its own. */
export const publicationOf = (dto: DtoClass): { readonly name: string; readonly keywords: JsonSchema } | undefined =>
  Reflect.getOwnMetadata(DTO, dto) as { readonly name: string; readonly keywords: JsonSchema } | undefined;

const fieldsByDto = new WeakMap<object, readonly PublishedField[]>();

/** Returns the published fields of a class in the order of their declaration, those of its base class first. Empty if the class is no DTO. */
export function fieldsOf(dto: object): readonly PublishedField[] {
  const cached = fieldsByDto.get(dto);
  if (cached) return cached;
  const { prototype } = dto as { prototype: object };
  const names = (
    (Reflect.getMetadata(DECORATORS.API_MODEL_PROPERTIES_ARRAY, prototype) ?? []) as readonly string[]
  ).map((key) => key.slice(1));
  const fields = names.map((name) => fieldOf(prototype, name));
  fieldsByDto.set(dto, fields);
  return fields;
}

/** What this project gives to ApiProperty: JSON Schema keywords, and functions for types. */
type PropertyMetadata = JsonSchema & {
  readonly type?: unknown;
  readonly required?: boolean;
  readonly nullable?: boolean;
  readonly isArray?: boolean;
  readonly 'x-any-of'?: () => readonly DtoClass[];
};

function fieldOf(prototype: object, name: string): PublishedField {
  const {
    type,
    required = true,
    nullable = false,
    isArray = false,
    name: _name,
    'x-any-of': union,
    ...keywords
  } = Reflect.getMetadata(DECORATORS.API_MODEL_PROPERTIES, prototype, name) as PropertyMetadata;
  // Without a type, @nestjs/swagger stores the class that TypeScript emits.
  const types = union?.() ?? (typeof type === 'function' && type.name === 'type' ? [(type as () => DtoClass)()] : []);
  return {
    name,
    required,
    nullable,
    types,
    isList: isArray || type === 'array',
    keywords: types.length > 0 ? keywords : { ...(typeof type === 'string' && { type }), ...keywords },
  };
}
