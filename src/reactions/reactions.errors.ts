import { HttpStatus } from '@nestjs/common';
import { LIMITS } from '../common/limits';
import { Problem } from '../common/problem';

/** The message has the maximum number of different reaction emojis. */
export class ReactionLimitReached extends Problem {
  static override readonly code = 'REACTION_LIMIT_REACHED';
  static override readonly status = HttpStatus.CONFLICT;

  constructor() {
    super(`A message can have at most ${LIMITS.reactionKinds} kinds of reactions.`, {
      limit: LIMITS.reactionKinds,
    });
  }
}
