import { Injectable } from '@nestjs/common';
import { KeyedQueue } from '../common/keyed-queue';
import type { Snowflake } from '../common/snowflake';

/** Lets the changes of one member wait for each other, on this node: what they are changed to depends on what they are, and is told in that order. */
@Injectable()
export class MemberQueue {
  private readonly queue = new KeyedQueue<string>();

  /** Runs a change when all earlier ones of the same member are done. */
  run<Result>(guildId: Snowflake, userId: Snowflake, change: () => Promise<Result>): Promise<Result> {
    return this.queue.run(`${guildId}:${userId}`, change);
  }
}
