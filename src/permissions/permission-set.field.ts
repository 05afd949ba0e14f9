import { createField, type Field, type FieldOptions } from '../common/dto/field';
import type { ValueKind } from '../common/dto/value-kind';
import { parsed, problem } from '../common/text/parsed';
import { ALL_PERMISSIONS, PERMISSION_NAMES, type PermissionSet, permissionSet } from './compute-permissions';

const DECIMAL = /^(0|[1-9]\d{0,18})$/;

/** A set of permissions: a decimal string in JSON, a PermissionSet in code. */
const PERMISSION_SET: ValueKind<PermissionSet> = {
  parse: (input) => {
    if (typeof input !== 'string') return problem('must be a string with a decimal permission set');
    if (!DECIMAL.test(input)) return problem('must be a decimal permission set');
    const value = BigInt(input);
    return (value & ~ALL_PERMISSIONS) === 0n
      ? parsed(permissionSet(value))
      : problem(`has unknown bits; the known ones are 0 to ${PERMISSION_NAMES.length - 1}`);
  },
  schema: { type: 'string', pattern: DECIMAL.source },
};

/** Declares a set of permissions. */
export const PermissionSetField = <N extends boolean = false, O extends boolean = false>(
  options: FieldOptions<N, O>,
): Field<PermissionSet, N, O> => createField(PERMISSION_SET, { example: '0', ...options });
