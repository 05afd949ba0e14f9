import tseslint from 'typescript-eslint';
import { boundaryRules } from './eslint.boundaries.mjs';

export default tseslint.config(
  { ignores: ['dist/**', '**/*.js', '**/*.mjs'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_' },
      ],
      // Nest's modules are classes without members, and `Function` is how it names a class.
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/no-unsafe-function-type': 'off',
      // Base classes and interfaces say async where an implementation needs no waiting.
      '@typescript-eslint/require-await': 'off',
      // Numbers and ids are readable in templates.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // Crashes where a class is assigned in an overload of a type.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // DTO classes and contexts have fields and no methods that a spread could lose.
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // What is shown in a message may be anything that a client sent.
      '@typescript-eslint/no-base-to-string': 'off',
      // A feature adds its events to the event map by declaration merging.
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
      'no-console': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  ...boundaryRules,
  {
    files: ['src/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            "CallExpression[callee.property.name='limit'] > :not(CallExpression[callee.name='atMost']):not(MemberExpression.callee)",
          message: 'Write .limit(atMost(…)): MongoDB takes a limit of 0 as no limit.',
        },
      ],
    },
  },
  {
    files: ['src/database/embedded/**'],
    rules: {
      // `new Map()` where a document is expected, and `==` where an int64 meets a double.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
      eqeqeq: 'off',
    },
  },
  {
    files: ['test/**', '**/*.spec.ts', 'bench/**'],
    rules: {
      // Answers of the driver and of HTTP are looked at as they come.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/unbound-method': 'off',
      // The driver deprecates a call whose replacement the oldest servers do not know.
      '@typescript-eslint/no-deprecated': 'off',
      // A type argument says what an answer is.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // Specs know what their fixtures and answers contain.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
    },
  },
);
