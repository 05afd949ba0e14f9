import { ValidateBy } from 'class-validator';

type Fields = Readonly<Record<string, unknown>>;

/** Rejects a field that is present together with one of the others. */
export const NotCombinedWith = (...others: readonly string[]): PropertyDecorator =>
  ValidateBy({
    name: 'notCombined',
    validator: {
      validate: (value: unknown, context) =>
        value === undefined || others.every((name) => (context?.object as Fields)[name] === undefined),
      defaultMessage: () => `can’t be combined with ${others.join(' or ')}`,
    },
  });

/** Requires a field unless one of the others is present. */
export const RequiredWithout = (...others: readonly string[]): PropertyDecorator =>
  ValidateBy({
    name: 'requiredWithout',
    validator: {
      validate: (value: unknown, context) =>
        value !== undefined || others.some((name) => (context?.object as Fields)[name] !== undefined),
      defaultMessage: () => `is required without ${others.join(', ')}`,
    },
  });
