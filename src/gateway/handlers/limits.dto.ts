import { Dto } from '../../common/dto/dto';
import { IntegerField, NumberField } from '../../common/dto/fields';
import { ObjectField } from '../../common/dto/object-field';

/** State of one rate limit of a user. */
export class BucketState {
  @IntegerField({ description: 'Maximum per window; 0 means no limit.' })
  readonly limit!: number;

  @NumberField({ description: 'Length of the window in seconds.' })
  readonly window_seconds!: number;

  @IntegerField({ nullable: true, description: 'How much is left in the current window; null if there is no limit.' })
  readonly remaining!: number | null;

  @IntegerField({ description: 'Seconds until the full limit is available again, if you send nothing.' })
  readonly reset_after!: number;
}

/** State of the gateway rate limits of a user. */
@Dto()
export class LimitsDto {
  @ObjectField(() => BucketState, { description: 'Interactions over all sockets of the user, by their weight.' })
  readonly gateway!: BucketState;

  @ObjectField(() => BucketState, { description: 'New connections in a short time.' })
  readonly identify!: BucketState;

  @ObjectField(() => BucketState, { description: 'New connections in a day.' })
  readonly identify_daily!: BucketState;

  @ObjectField(() => BucketState, {
    description: 'Resumed connections; they do not count in `identify` and `identify_daily`.',
  })
  readonly resume!: BucketState;
}
