import { createHash } from 'node:crypto';

/**
 * A Lua script that Redis executes atomically. @see https://redis.io/docs/latest/develop/programmability/eval-intro/
 */
export class RedisScript {
  readonly sha: string;

  constructor(readonly lua: string) {
    this.sha = createHash('sha1').update(lua).digest('hex');
  }
}
