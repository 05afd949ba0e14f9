import { Injectable, Logger } from '@nestjs/common';
import { ServiceUnavailable } from './common.errors';
import { createdAt, lowestAt, type Snowflake, SnowflakeGenerator } from './snowflake';

const SECOND_MS = 1_000;
// Clocks of synchronized nodes differ by less, and so does a generator that runs ahead under load.
const TOLERATED_MS = 2_000;
const WARN_EVERY_MS = 60_000;

const log = new Logger('Snowflakes');

/**
 * Generator of the node's ids.
 *
 * Ids increase on one node whatever its clock does, and exceed every id that the node observed: the newest stored ids
 * at startup, and the ids in events of other nodes. Objects therefore sort by creation, even if a clock is behind.
 */
@Injectable()
export class SnowflakeService {
  private lastWorkerId = -1;
  private generator: SnowflakeGenerator | undefined;
  private newestId: Snowflake = 0n;
  private warnedAtMs = -Infinity;

  /**
   * @param currentWorkerId returns the node's worker id, unique among running nodes; may change; undefined while there
   * is none
   * @param now wall clock in milliseconds since 1970
   * @param warn receives a message if the clock is behind
   */
  constructor(
    private readonly currentWorkerId: () => number | undefined,
    private readonly now: () => number = Date.now,
    private readonly warn: (message: string) => void = (message) => log.warn(message),
  ) {}

  /** The current worker id; undefined while no id can be created. */
  get workerId(): number | undefined {
    return this.currentWorkerId();
  }

  /**
   * An id that is not below any id that this node created or observed, nor below any id created earlier by a node with
   * a correct clock.
   */
  get newest(): Snowflake {
    const fromClock = lowestAt(new Date(this.now()));
    return fromClock > this.newestId ? fromClock : this.newestId;
  }

  /** Makes all further ids larger than an existing id. */
  observe(id: Snowflake): void {
    if (id <= this.newestId) return;
    this.newestId = id;
    this.generator?.startAbove(id);
    this.warnIfBehind(createdAt(id).getTime() - this.now());
  }

  /**
   * Returns an id that no other node creates, larger than all ids created or observed before.
   * @throws ServiceUnavailable while there is no worker id
   */
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
