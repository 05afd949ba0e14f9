import type { ValidationError } from 'class-validator';
import type { FieldError } from '../common.errors';
import { fieldsOf } from './dto';
import { Rejection } from './rejection';

const UNKNOWN_FIELD = 'whitelistValidation';

/** Returns the errors of class-validator as they are sent: in the order of the fields, with unknown fields last. */
export function fieldErrors(errors: readonly ValidationError[], path = ''): FieldError[] {
  return inOrder(errors).flatMap((error): FieldError[] => {
    const field = path + error.property;
    if (error.value instanceof Rejection) {
      return error.value.problems.map(({ path: inside, problem, limit }) => ({
        field: [field, ...inside].join('.'),
        detail: problem,
        ...(limit !== undefined && { limit }),
      }));
    }
    if (error.constraints && UNKNOWN_FIELD in error.constraints) return [{ field, detail: 'is not a known field' }];
    if (error.children && error.children.length > 0) return fieldErrors(error.children, `${field}.`);
    return [{ field, detail: Object.values(error.constraints ?? {})[0] ?? 'is invalid' }];
  });
}

function inOrder(errors: readonly ValidationError[]): readonly ValidationError[] {
  const dto = errors[0]?.target?.constructor;
  if (errors.length < 2 || !dto) return errors;
  const places = new Map(fieldsOf(dto).map(({ name }, index) => [name, index]));
  const placeOf = ({ property }: ValidationError): number => places.get(property) ?? Infinity;
  return errors.toSorted((a, b) => (placeOf(a) === placeOf(b) ? 0 : placeOf(a) - placeOf(b)));
}
