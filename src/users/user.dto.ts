import { z } from 'zod';
import { hasPasswordLength } from '../auth/password-policy';
import { LIMITS } from '../common/limits';
import { parseUsername } from '../common/names/username';
import { type Infer, object, parsedText, snowflake, timestamp } from '../common/schema';
import { parseEmail } from '../common/text/email';

export const username = parsedText(parseUsername, {
  description: `Name of the user: letters, marks and digits of one script (Japanese, Chinese and Korean may be mixed with Latin), \`_\`, \`.\` and \`-\`; normalized to NFKC. Unique: two usernames that differ only in case or in characters that look alike (UTS 39) are the same. \`everyone\` and \`here\` are reserved.`,
  example: 'ada',
  minLength: LIMITS.usernameMin,
  maxLength: LIMITS.username,
});

export const email = parsedText(parseEmail, {
  description:
    'E-mail address, trimmed; visible to its owner only. Internationalized addresses (RFC 6531) and domains are accepted. Unique without regard to case and to the spelling of the domain.',
  example: 'ada@example.org',
  maxLength: LIMITS.email,
});

export const password = z
  .string()
  .normalize('NFC')
  .refine(hasPasswordLength, { error: `must have ${LIMITS.passwordMin} to ${LIMITS.password} characters` })
  .meta({
    description: `A password of ${LIMITS.passwordMin} to ${LIMITS.password} characters, counted in code points after normalization to NFC. Common passwords, and those that consist of the username or e-mail address, are rejected when they are set.`,
    minLength: LIMITS.passwordMin,
    maxLength: LIMITS.password,
    example: 'correct horse battery',
  });

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
export const deleteSelfDto = object({ current_password: password }).meta({
  id: 'DeleteSelf',
  example: { current_password: 'correct horse battery' },
});
export type DeleteSelfDto = Infer<typeof deleteSelfDto>;
