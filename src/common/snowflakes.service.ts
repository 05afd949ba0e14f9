import { Injectable } from '@nestjs/common';
import { type Snowflake, SnowflakeGenerator } from './snowflake';

/** The node's generator of ids. */
@Injectable()
export class Snowflakes {
  private workerId = -1;
  private generator: SnowflakeGenerator | undefined;

  /** @param currentWorkerId the node's worker id, unique among running nodes; may become another, and throws while there is none */
  constructor(private readonly currentWorkerId: () => number) {}

  /** An id that no other node makes, larger than all that this one made before. */
  next(): Snowflake {
    const workerId = this.currentWorkerId();
    if (workerId !== this.workerId || !this.generator) {
      this.workerId = workerId;
      this.generator = new SnowflakeGenerator(workerId);
    }
    return this.generator.next();
  }
}
