import { HttpStatus } from '@nestjs/common';
import { LIMITS } from '../common/limits';
import { Problem } from '../common/problem';

/** A track can only be in a category of its guild, and a category in none. */
export class TrackParentInvalid extends Problem {
  static override readonly code = 'TRACK_PARENT_INVALID';
  static override readonly status = HttpStatus.BAD_REQUEST;

  constructor() {
    super('parent_id has to name a category of this guild, and a category can’t be in another.', {
      field: 'parent_id',
    });
  }
}

/** Two moves of one request speak about the same track or the same place. */
export class TrackMoveDuplicate extends Problem {
  static override readonly code = 'TRACK_MOVE_DUPLICATE';
  static override readonly status = HttpStatus.BAD_REQUEST;

  constructor() {
    super('Every track, and every position in a category, can be named once.');
  }
}

/** A category holds so many tracks and no more. */
export class CategoryFull extends Problem {
  static override readonly code = 'CATEGORY_FULL';
  static override readonly status = HttpStatus.CONFLICT;

  constructor() {
    super(`A category can hold ${LIMITS.tracksInCategory} tracks.`, { limit: LIMITS.tracksInCategory });
  }
}

/** A guild has so many tracks and no more. */
export class TrackLimitReached extends Problem {
  static override readonly code = 'TRACK_LIMIT_REACHED';
  static override readonly status = HttpStatus.CONFLICT;

  constructor() {
    super(`A guild can have ${LIMITS.tracks} tracks, categories included.`, { limit: LIMITS.tracks });
  }
}

/** A track can have so many overwrites and no more. */
export class OverwriteLimitReached extends Problem {
  static override readonly code = 'OVERWRITE_LIMIT_REACHED';
  static override readonly status = HttpStatus.CONFLICT;

  constructor() {
    super(`A track can have ${LIMITS.overwrites} overwrites.`, { limit: LIMITS.overwrites });
  }
}

/** There is no such overwrite, or nobody in this guild that it could be about. */
export class OverwriteNotFound extends Problem {
  static override readonly code = 'OVERWRITE_NOT_FOUND';
  static override readonly status = HttpStatus.NOT_FOUND;

  constructor() {
    super('There is no such overwrite, or no such role or member in this guild.');
  }
}
