import { z } from 'zod';
import { LIMITS } from '../common/limits';
import { type Infer, line, object, snowflake, timestamp } from '../common/schema';

export const username = line(LIMITS.usernameMin, LIMITS.username, 'What others call this user; unique without regard to case.', 'ada').regex(
  /^[\p{L}\p{N}_.-]+$/u,
  { error: 'must consist of letters, digits, underscores, dots and hyphens' },
);

export const email = z
  .email({ error: 'must be an e-mail address' })
  .max(LIMITS.email, { error: `must have at most ${LIMITS.email} characters` })
  .meta({ description: 'An e-mail address; only its owner sees it.', example: 'ada@example.org' });

export const password = z
  .string()
  .min(LIMITS.passwordMin, { error: `must have at least ${LIMITS.passwordMin} characters` })
  .max(LIMITS.password, { error: `must have at most ${LIMITS.password} characters` })
  .meta({ description: `A password, ${LIMITS.passwordMin} to ${LIMITS.password} characters.`, example: 'correct horse battery' });

/** A user as everybody sees them. */
export const userDto = object({
  id: snowflake(),
  username,
  created_at: timestamp('When the account was made.'),
}).meta({ id: 'User' });
export type UserDto = Infer<typeof userDto>;

/** A user as they see themselves. */
export const selfDto = userDto.extend({ email }).meta({ id: 'Self' });
export type SelfDto = Infer<typeof selfDto>;

/** A change of oneself: what is left out stays. E-mail and password ask for the current password. */
export const updateSelfDto = object({ username, email, password, current_password: password })
  .partial()
  .meta({ id: 'UpdateSelf', example: { username: 'ada.lovelace' } });
export type UpdateSelfDto = Infer<typeof updateSelfDto>;

/** What deleting oneself asks for. */
export const deleteSelfDto = object({ current_password: password }).meta({ id: 'DeleteSelf', example: { current_password: 'correct horse battery' } });
export type DeleteSelfDto = Infer<typeof deleteSelfDto>;
