import { duplicateKey } from '../database/duplicate-key';
import { EmailTaken, UsernameTaken } from './users.errors';

/** Runs a write of an account. @throws UsernameTaken, EmailTaken if another account has the name or address */
export async function rejectDuplicates<Result>(write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    const fields = duplicateKey(error);
    if (fields?.includes('username_keys')) throw new UsernameTaken();
    if (fields?.includes('email_key')) throw new EmailTaken();
    throw error;
  }
}
