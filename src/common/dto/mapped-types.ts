import type { Type } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions, DECORATORS, PartialType } from '@nestjs/swagger';
import { fieldsOf } from './dto';

type Wire = string | number | boolean | null | readonly [];

/**
 * Returns a class with the fields of `dto`, some of which can be absent: they then have these values, as they are sent. The rules of the fields are
 * those of `dto`.
 */
export function WithDefaults<Shape extends object>(
  dto: Type<Shape>,
  defaults: { readonly [Key in keyof Shape]?: Wire },
): Type<Shape> {
  const Base = dto as Type<object>;
  class WithDefaultsType extends Base {}
  for (const [name, value] of Object.entries(defaults)) {
    const published = Reflect.getMetadata(
      DECORATORS.API_MODEL_PROPERTIES,
      dto.prototype as object,
      name,
    ) as ApiPropertyOptions;
    ApiProperty({ ...published, required: false, default: value } as ApiPropertyOptions)(
      WithDefaultsType.prototype,
      name,
    );
  }
  return WithDefaultsType as Type<Shape>;
}

/** Returns a class with the fields of `dto`, all of them optional. Null means omitted, except for fields that are nullable. */
export function PartialOf<Shape extends object>(dto: Type<Shape>): Type<Partial<Shape>> {
  const preset = fieldsOf(dto).find(({ keywords }) => 'default' in keywords);
  if (preset) throw new TypeError(`${dto.name}.${preset.name} has a default, which a partial change would write.`);
  return PartialType(dto, { skipNullProperties: false });
}
