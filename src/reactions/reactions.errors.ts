import { HttpStatus } from '@nestjs/common';
import { LIMITS } from '../common/limits';
import { Problem } from '../common/problem';

/** A message can be reacted to with so many emojis and no more. */
export class ReactionLimitReached extends Problem {
  static override readonly code = 'REACTION_LIMIT_REACHED';
  static override readonly status = HttpStatus.CONFLICT;

  constructor() {
    super(`A message can have ${LIMITS.reactionKinds} kinds of reactions.`, { limit: LIMITS.reactionKinds });
  }
}
