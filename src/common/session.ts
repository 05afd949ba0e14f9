import type { Snowflake } from './snowflake';

/** A login that is valid at this moment, as guards and handlers know it. */
export interface Session {
  readonly id: Snowflake;
  readonly user_id: Snowflake;
  readonly expires_at: Date;
}
