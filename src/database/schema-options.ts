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

/**
 * The definition of each field of a stored document, by its name: a field without a definition does not compile. Definitions have no defaults, because
 * inserts bypass Mongoose: every insert sets all required fields, and readers accept that an optional field is absent.
 *
 * @see docs/decisions/stored-fields.md
 */
export type SchemaFields<Document extends object> = Readonly<Record<keyof Required<Document>, object>>;
