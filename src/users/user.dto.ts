import { hasPasswordLength } from '../auth/password-policy';
import { Dto } from '../common/dto/dto';
import { createField, type Field, type FieldOptions } from '../common/dto/field';
import { SnowflakeField, TimestampField } from '../common/dto/fields';
import { PartialOf } from '../common/dto/mapped-types';
import { textKind } from '../common/dto/value-kind';
import { LIMITS } from '../common/limits';
import { parseUsername } from '../common/names/username';
import type { Snowflake } from '../common/snowflake';
import { parseEmail } from '../common/text/email';
import { parsed, problem } from '../common/text/parsed';

const USERNAME = textKind(parseUsername, { minLength: LIMITS.usernameMin, maxLength: LIMITS.username });
const EMAIL = textKind(parseEmail, { maxLength: LIMITS.email });
const PASSWORD = textKind(
  (text) => {
    const password = text.normalize('NFC');
    return hasPasswordLength(password)
      ? parsed(password)
      : problem(`must have ${LIMITS.passwordMin} to ${LIMITS.password} characters`);
  },
  { minLength: LIMITS.passwordMin, maxLength: LIMITS.password },
);

/** Declares a username. */
export const UsernameField = (): Field<string> =>
  createField(USERNAME, {
    description:
      'Name of the user: letters, marks and digits of one script (Japanese, Chinese and Korean may be mixed with Latin), `_`, `.` and `-`; normalized to NFKC. Unique: two usernames that differ only in case or in characters that look alike (UTS 39) are the same. `everyone` and `here` are reserved.',
    example: 'ada',
  });

/** Declares an e-mail address. */
export const EmailField = (): Field<string> =>
  createField(EMAIL, {
    description:
      'E-mail address, trimmed; visible to its owner only. Internationalized addresses (RFC 6531) and domains are accepted. Unique without regard to case and to the spelling of the domain.',
    example: 'ada@example.org',
  });

/** Declares a password. */
export const PasswordField = (options: Pick<FieldOptions<false, false>, 'description'> = {}): Field<string> =>
  createField(PASSWORD, {
    description: `A password of ${LIMITS.passwordMin} to ${LIMITS.password} characters, counted in code points after normalization to NFC. Common passwords, and those that consist of the username or e-mail address, are rejected when they are set.`,
    example: 'correct horse battery',
    ...options,
  });

/** A user as everybody sees them. */
@Dto()
export class UserDto {
  @SnowflakeField()
  readonly id!: Snowflake;

  @UsernameField()
  readonly username!: string;

  @TimestampField({ description: 'Time of the registration.' })
  readonly created_at!: Date;
}

/** A user as they see themselves. */
@Dto()
export class SelfDto extends UserDto {
  @EmailField()
  readonly email!: string;
}

class SelfFields {
  @UsernameField()
  readonly username!: string;

  @EmailField()
  readonly email!: string;

  @PasswordField()
  readonly password!: string;

  @PasswordField({ description: 'Your current password. Required to change `email` or `password`.' })
  readonly current_password!: string;
}

/** Body of `PATCH /users/@me`. Omitted fields are unchanged; a change of `email` or `password` requires `current_password`. */
@Dto({ example: { username: 'ada.lovelace' } })
export class UpdateSelfDto extends PartialOf(SelfFields) {}

/** Body of `DELETE /users/@me`. */
@Dto({ example: { current_password: 'correct horse battery' } })
export class DeleteSelfDto {
  @PasswordField({ description: 'Your current password.' })
  readonly current_password!: string;
}
