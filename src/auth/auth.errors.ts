import { HttpStatus } from '@nestjs/common';
import { Problem } from '../common/problem';

/** The e-mail address or the password is wrong. The response does not tell which. */
export class CredentialsInvalid extends Problem {
  static override readonly code = 'CREDENTIALS_INVALID';
  static override readonly status = HttpStatus.UNAUTHORIZED;

  constructor() {
    super('The e-mail address or the password is wrong.');
  }
}

/** The change requires the current password, which is missing or wrong. */
export class PasswordWrong extends Problem {
  static override readonly code = 'PASSWORD_WRONG';
  static override readonly status = HttpStatus.FORBIDDEN;

  constructor() {
    super('current_password is missing or wrong.', { field: 'current_password' });
  }
}

/** The caller has no such session. */
export class SessionNotFound extends Problem {
  static override readonly code = 'SESSION_NOT_FOUND';
  static override readonly status = HttpStatus.NOT_FOUND;

  constructor() {
    super('There is no such session.');
  }
}

/** Too many passwords are being verified at this moment. */
export class PasswordQueueFull extends Problem {
  static override readonly code = 'PASSWORD_QUEUE_FULL';
  static override readonly status = HttpStatus.SERVICE_UNAVAILABLE;

  constructor() {
    super('Too many passwords are being checked at this moment; try again in a few seconds.', { retry_after: 2 });
  }
}
