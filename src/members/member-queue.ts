import { Injectable } from '@nestjs/common';
import { KeyedQueue } from '../common/keyed-queue';
import type { Snowflake } from '../common/snowflake';

/**
 * Runs the changes of one member one after another on this node, because each change depends on the current state and
 * events must have the order of the changes.
 */
@Injectable()
export class MemberQueue {
  private readonly queue = new KeyedQueue<string>();

  /** Runs a change after all earlier changes of the same member. */
  run<Result>(guildId: Snowflake, userId: Snowflake, change: () => Promise<Result>): Promise<Result> {
    return this.queue.run(`${guildId}:${userId}`, change);
  }
}
