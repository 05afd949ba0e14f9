import { z } from 'zod';
import { type Infer, object } from '../../common/schema';

const bucketState = (description: string) =>
  object({
    limit: z.int().meta({ description: 'How much fits in; 0 is without limit.' }),
    window_seconds: z.number().meta({ description: 'During how many seconds.' }),
    remaining: z.int().nullable().meta({ description: 'How much fits in right now; null without limit.' }),
    reset_after: z.int().meta({ description: 'Seconds until it is empty, if nothing more comes.' }),
  }).meta({ description });

/** How the buckets of a user stand. */
export const limitsDto = object({
  gateway: bucketState('Interactions over all of the user’s sockets, by their weight.'),
  identify: bucketState('Connections at once.'),
  identify_daily: bucketState('Connections in a day.'),
  resume: bucketState('Connections that take up where an earlier one ended; they are in neither of the other two.'),
}).meta({ id: 'Limits' });
export type LimitsDto = Infer<typeof limitsDto>;
