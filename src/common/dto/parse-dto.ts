import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { type FieldError, ValidationFailed } from '../common.errors';
import type { DtoClass } from './dto';
import { prepare } from './prepare';
import { fieldErrors } from './validation-errors';

/** Options with which requests, settings and published values are validated. */
export const VALIDATION_OPTIONS = {
  whitelist: true,
  forbidNonWhitelisted: true,
  stopAtFirstError: true,
  validationError: { target: true, value: true },
} as const;

/** Options with which instances are created. */
export const TRANSFORM_OPTIONS = { exposeUnsetFields: false } as const;

/** Returns an instance of a DTO class, which must not be used if there are errors. */
export function readDto<Shape extends object>(
  dto: DtoClass<Shape>,
  value: Readonly<Record<string, unknown>>,
): { readonly instance: Shape; readonly errors: readonly FieldError[] } {
  const instance = plainToInstance(dto, prepare(dto, value), TRANSFORM_OPTIONS);
  return { instance, errors: fieldErrors(validateSync(instance, VALIDATION_OPTIONS)) };
}

/**
 * Returns an instance of a DTO class, outside of a request. Requests pass the ValidationPipe.
 *
 * @throws ValidationFailed with the first offending fields
 */
export function parseDto<Shape extends object>(dto: DtoClass<Shape>, value: Readonly<Record<string, unknown>>): Shape {
  const { instance, errors } = readDto(dto, value);
  if (errors.length > 0) throw new ValidationFailed(errors);
  return instance;
}
