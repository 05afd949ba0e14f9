import { z } from 'zod';
import { LIMITS } from '../common/limits';
import { type Infer, object, snowflake, timestamp } from '../common/schema';
import { email, password, selfDto, username } from '../users/user.dto';

/** A new account. */
export const registerDto = object({ username, email, password }).meta({
  id: 'Register',
  example: { username: 'ada', email: 'ada@example.org', password: 'correct horse battery' },
});
export type RegisterDto = Infer<typeof registerDto>;

/** A login. */
export const loginDto = object({ email, password }).meta({
  id: 'Login',
  example: { email: 'ada@example.org', password: 'correct horse battery' },
});
export type LoginDto = Infer<typeof loginDto>;

/** What a registration or login gives: the token is shown this once. */
export const loginResultDto = object({
  token: z
    .string()
    .meta({ description: 'Send it as `Authorization: Bearer <token>`; it is stored nowhere and shown this once.' }),
  session_id: snowflake(),
  expires_at: timestamp('When the token stops working by itself.'),
  user: selfDto,
}).meta({ id: 'LoginResult' });
export type LoginResultDto = Infer<typeof loginResultDto>;

/** One login of the caller. */
export const sessionDto = object({
  id: snowflake(),
  user_agent: z
    .string()
    .max(LIMITS.userAgent)
    .meta({ description: 'What the client called itself.', example: 'curl/8' }),
  created_at: timestamp('When it was made.'),
  expires_at: timestamp('When it stops working by itself.'),
  current: z.boolean().meta({ description: 'Whether it is the one of this request.', example: true }),
}).meta({ id: 'Session' });
export type SessionDto = Infer<typeof sessionDto>;
