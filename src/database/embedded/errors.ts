import type { PlainDoc } from './bson';

/** What a client is told when its command fails: MongoDB's number, name and words for it. */
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

/** Refuses what MongoDB could do and this engine doesn't, naming it, so that nobody takes a wrong answer for a right one. */
export const unsupported = (what: string): CommandError =>
  new CommandError(
    238,
    'NotImplemented',
    `The embedded database does not support ${what}. Set MONGODB_URI to use a MongoDB for it.`,
  );
