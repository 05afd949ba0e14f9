import { Injectable, Logger } from '@nestjs/common';
import { ServiceUnavailable } from './common.errors';
import { createdAt, lowestAt, type Snowflake, SnowflakeGenerator } from './snowflake';

const SECOND_MS = 1_000;
// Clocks of synchronized nodes differ by less, and so does a generator that runs ahead under load.
const TOLERATED_MS = 2_000;
const WARN_EVERY_MS = 60_000;

const log = new Logger('Snowflakes');

/**
 * The node's generator of ids.
 *
 * Ids grow on one node whatever its clock does, and are larger than every id the node observed before: the newest stored ids at startup, and the
 * ids in events of other nodes. So objects sort in the order in which they were created, also if a clock is behind.
 */
@Injectable()
export class SnowflakeService {
  private lastWorkerId = -1;
  private generator: SnowflakeGenerator | undefined;
  private newestId: Snowflake = 0n;
  private warnedAtMs = -Infinity;

  /**
   * @param currentWorkerId the node's worker id, unique among running nodes; may become another, and is undefined while there is none
   * @param now the wall clock, in milliseconds since 1970
   * @param warn called with a message if the clock is behind
   */
  constructor(
    private readonly currentWorkerId: () => number | undefined,
    private readonly now: () => number = Date.now,
    private readonly warn: (message: string) => void = (message) => log.warn(message),
  ) {}

  /** The worker id that ids are made with now; undefined while none can be made. */
  get workerId(): number | undefined {
    return this.currentWorkerId();
  }

  /** An id that is not below any id that this node made or observed, nor below one that a node with a correct clock made before now. */
  get newest(): Snowflake {
    const fromClock = lowestAt(new Date(this.now()));
    return fromClock > this.newestId ? fromClock : this.newestId;
  }

  /** Makes all further ids larger than an id that exists already. */
  observe(id: Snowflake): void {
    if (id <= this.newestId) return;
    this.newestId = id;
    this.generator?.startAbove(id);
    this.warnIfBehind(createdAt(id).getTime() - this.now());
  }

  /** An id that no other node makes, larger than all that this one made or observed before. @throws ServiceUnavailable while there is no worker id */
  next(): Snowflake {
    const { workerId } = this;
    if (workerId === undefined) throw new ServiceUnavailable();
    if (workerId !== this.lastWorkerId || !this.generator) {
      this.lastWorkerId = workerId;
      this.generator = new SnowflakeGenerator(workerId, this.now);
      this.generator.startAbove(this.newestId);
    }
    const id = this.generator.next();
    this.newestId = id;
    this.warnIfBehind(this.generator.aheadMs);
    return id;
  }

  private warnIfBehind(ms: number): void {
    const nowMs = performance.now();
    if (ms <= TOLERATED_MS || nowMs - this.warnedAtMs < WARN_EVERY_MS) return;
    this.warnedAtMs = nowMs;
    this.warn(
      `The clock of this node is ${Math.round(ms / SECOND_MS)} s behind the newest id. New objects get the time of that id until the clock has caught up. Synchronize the clocks.`,
    );
  }
}
