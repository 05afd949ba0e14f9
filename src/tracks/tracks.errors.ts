import { HttpStatus } from '@nestjs/common';
import { LIMITS } from '../common/limits';
import { Problem } from '../common/problem';

/** The parent is not a category of the guild, or the track is a category. */
export class TrackParentInvalid extends Problem {
  static override readonly code = 'TRACK_PARENT_INVALID';
  static override readonly status = HttpStatus.BAD_REQUEST;

  constructor() {
    super('`parent_id` must be a category of this guild, and a category cannot be in another.', {
      field: 'parent_id',
    });
  }
}

/** Two moves of one request name the same track or the same position. */
export class TrackMoveDuplicate extends Problem {
  static override readonly code = 'TRACK_MOVE_DUPLICATE';
  static override readonly status = HttpStatus.BAD_REQUEST;

  constructor() {
    super('A request can name each track and each position in a category only once.');
  }
}

/** The category has the maximum number of tracks. */
export class CategoryFull extends Problem {
  static override readonly code = 'CATEGORY_FULL';
  static override readonly status = HttpStatus.CONFLICT;

  constructor() {
    super(`A category can hold ${LIMITS.tracksInCategory} tracks.`, { limit: LIMITS.tracksInCategory });
  }
}

/** The guild has the maximum number of tracks. */
export class TrackLimitReached extends Problem {
  static override readonly code = 'TRACK_LIMIT_REACHED';
  static override readonly status = HttpStatus.CONFLICT;

  constructor() {
    super(`A guild can have ${LIMITS.tracks} tracks, categories included.`, { limit: LIMITS.tracks });
  }
}

/** The track has the maximum number of overwrites. */
export class OverwriteLimitReached extends Problem {
  static override readonly code = 'OVERWRITE_LIMIT_REACHED';
  static override readonly status = HttpStatus.CONFLICT;

  constructor() {
    super(`A track can have ${LIMITS.overwrites} overwrites.`, { limit: LIMITS.overwrites });
  }
}

/** The overwrite does not exist, or the guild has no such role or member. */
export class OverwriteNotFound extends Problem {
  static override readonly code = 'OVERWRITE_NOT_FOUND';
  static override readonly status = HttpStatus.NOT_FOUND;

  constructor() {
    super('The overwrite does not exist, or this guild has no such role or member.');
  }
}
