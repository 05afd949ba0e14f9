import type { PlainDoc } from './bson';

/** The error of a command, with the code, name and message of MongoDB. */
export class CommandError extends Error {
  constructor(
    readonly code: number,
    readonly codeName: string,
    message: string,
    /** Fields that some errors carry besides, such as the `keyValue` of a duplicate key. */
    readonly details: PlainDoc = {},
  ) {
    super(message);
  }
}

export const badValue = (message: string): CommandError => new CommandError(2, 'BadValue', message);
export const failedToParse = (message: string): CommandError => new CommandError(9, 'FailedToParse', message);
export const typeMismatch = (message: string): CommandError => new CommandError(14, 'TypeMismatch', message);

/** Rejects a feature that MongoDB has and this engine lacks, and names it, so that a client never gets a wrong result instead. */
export const unsupported = (what: string): CommandError =>
  new CommandError(
    238,
    'NotImplemented',
    `The embedded database does not support ${what}. Set MONGODB_URI to use a MongoDB for it.`,
  );
