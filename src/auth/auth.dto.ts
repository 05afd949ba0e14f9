import { Dto } from '../common/dto/dto';
import { BooleanField, SnowflakeField, StringField, TimestampField } from '../common/dto/fields';
import { ObjectField } from '../common/dto/object-field';
import { LIMITS } from '../common/limits';
import type { Snowflake } from '../common/snowflake';
import { EmailField, PasswordField, SelfDto, UsernameField } from '../users/user.dto';

/** Body of `POST /auth/register`. */
@Dto({ example: { username: 'ada', email: 'ada@example.org', password: 'correct horse battery' } })
export class RegisterDto {
  @UsernameField()
  readonly username!: string;

  @EmailField()
  readonly email!: string;

  @PasswordField()
  readonly password!: string;
}

/** Body of `POST /auth/login`. */
@Dto({ example: { email: 'ada@example.org', password: 'correct horse battery' } })
export class LoginDto {
  @EmailField()
  readonly email!: string;

  @PasswordField()
  readonly password!: string;
}

/** Result of a registration or login. */
@Dto()
export class LoginResultDto {
  @StringField({
    description:
      'Send the token as `Authorization: Bearer <token>`. The server stores only a hash: the token cannot be shown again.',
  })
  readonly token!: string;

  @SnowflakeField()
  readonly session_id!: Snowflake;

  @TimestampField({ description: 'Expiry of the token.' })
  readonly expires_at!: Date;

  @ObjectField(() => SelfDto)
  readonly user!: SelfDto;
}

/** A login of the caller. */
@Dto()
export class SessionDto {
  @SnowflakeField()
  readonly id!: Snowflake;

  @StringField({ max: LIMITS.userAgent, description: '`User-Agent` of the client that logged in.', example: 'curl/8' })
  readonly user_agent!: string;

  @TimestampField({ description: 'Time of the login.' })
  readonly created_at!: Date;

  @TimestampField({ description: 'Expiry of the session.' })
  readonly expires_at!: Date;

  @BooleanField({ description: 'Whether the request belongs to this session.', example: true })
  readonly current!: boolean;
}
