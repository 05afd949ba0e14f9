import { HttpStatus } from '@nestjs/common';
import { Problem } from '../common/problem';

/** No token, or one that opens nothing: unknown, revoked or run out. */
export class TokenInvalid extends Problem {
  static override readonly code = 'TOKEN_INVALID';
  static override readonly status = HttpStatus.UNAUTHORIZED;

  constructor() {
    super('Send a valid token as "Authorization: Bearer <token>".');
  }
}

/** The e-mail address or the password is wrong; which of them is not told. */
export class CredentialsInvalid extends Problem {
  static override readonly code = 'CREDENTIALS_INVALID';
  static override readonly status = HttpStatus.UNAUTHORIZED;

  constructor() {
    super('The e-mail address or the password is wrong.');
  }
}

/** What is to be changed is asked the password for, and it was wrong or missing. */
export class PasswordWrong extends Problem {
  static override readonly code = 'PASSWORD_WRONG';
  static override readonly status = HttpStatus.FORBIDDEN;

  constructor() {
    super('current_password is missing or wrong.', { field: 'current_password' });
  }
}

/** There is no such session of the caller. */
export class SessionNotFound extends Problem {
  static override readonly code = 'SESSION_NOT_FOUND';
  static override readonly status = HttpStatus.NOT_FOUND;

  constructor() {
    super('There is no such session.');
  }
}
