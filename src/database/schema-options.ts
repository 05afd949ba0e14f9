/**
 * How every schema is stored: fields as they travel, nothing that Mongoose adds by itself, and a field that the
 * schema doesn't know is a mistake that throws, in documents and in queries.
 */
export const SCHEMA_OPTIONS = {
  id: false,
  versionKey: false,
  minimize: false,
  strict: 'throw',
  strictQuery: 'throw',
} as const;
