import { Injectable } from '@nestjs/common';
import { ServiceUnavailable } from './common.errors';
import { type Snowflake, SnowflakeGenerator } from './snowflake';

/** The node's generator of ids. */
@Injectable()
export class Snowflakes {
  private lastWorkerId = -1;
  private generator: SnowflakeGenerator | undefined;

  /** @param currentWorkerId the node's worker id, unique among running nodes; may become another, and is undefined while there is none */
  constructor(private readonly currentWorkerId: () => number | undefined) {}

  /** The worker id that ids are made with now; undefined while none can be made. */
  get workerId(): number | undefined {
    return this.currentWorkerId();
  }

  /** An id that no other node makes, larger than all that this one made before. @throws ServiceUnavailable while there is no worker id */
  next(): Snowflake {
    const { workerId } = this;
    if (workerId === undefined) throw new ServiceUnavailable();
    if (workerId !== this.lastWorkerId || !this.generator) {
      this.lastWorkerId = workerId;
      this.generator = new SnowflakeGenerator(workerId);
    }
    return this.generator.next();
  }
}
