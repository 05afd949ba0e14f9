import { deserialize, serialize } from 'bson';
import type { EventLog } from '../events/event-log';
import type { RedisConnection } from '../redis/redis-connection';
import type { PendingMutation } from './mutation';
import type { NodeRegistry } from './node-registry';
import { type MutationHandle, InFlightMutations } from './in-flight-mutations';

const FLUSH_DELAY_MS = 100;
const RETRY_MS = 1_000;
// Lifetime of the records of a dead node that no other node took ended. Clients have started new sessions long before.
const RECORD_TTL_MS = 86_400_000;

interface TrackedMutation {
  readonly bytes: Buffer;
  /** Whether the record is in Redis. */
  isRecorded: boolean;
}

/**
 * In-flight mutations of several nodes, in Redis: one command before a mutation, and one batched command for all ended
 * mutations.
 *
 * While Redis is unreachable, nothing is recorded. The events of that time wait in this node; if this node dies, the
 * node that takes ended publishes that events were lost.
 */
export class RedisInFlightMutations extends InFlightMutations {
  private readonly current = new Map<string, TrackedMutation>();
  private ended: string[] = [];
  private timer: NodeJS.Timeout | undefined;
  private count = 0;

  constructor(
    private readonly redis: RedisConnection,
    private readonly nodeRegistry: NodeRegistry,
    private readonly log: EventLog,
    private readonly workerId: () => number | undefined,
  ) {
    super();
    nodeRegistry.onReidentified(() => void this.recordAgain());
  }

  override begin(mutation: PendingMutation): MutationHandle {
    const id = String((this.count += 1));
    const tracked: TrackedMutation = {
      bytes: Buffer.from(serialize({ ...mutation, workerId: this.workerId() }, { ignoreUndefined: true })),
      isRecorded: false,
    };
    this.current.set(id, tracked);
    return { recorded: this.record(id, tracked), end: () => void this.end(id, tracked) };
  }

  override async listForNode(nodeId: string): Promise<readonly PendingMutation[]> {
    const records = await this.redis.commands.hvalsBuffer(this.keyOf(nodeId));
    return records.map((bytes) => deserialize(bytes, { useBigInt64: true }) as PendingMutation);
  }

  override async clearNode(nodeId: string): Promise<void> {
    await this.redis.commands.del(this.keyOf(nodeId));
  }

  override async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { ended } = this;
    this.ended = [];
    if (ended.length === 0) return;
    const key = this.keyOf(this.nodeRegistry.id);
    try {
      await this.redis.commands.hdel(key, ...ended);
      await this.redis.commands.pexpire(key, RECORD_TTL_MS);
    } catch {
      this.ended.push(...ended);
      this.flushIn(RETRY_MS);
    }
  }

  private async record(id: string, tracked: TrackedMutation): Promise<void> {
    if (!this.redis.isUp) return;
    tracked.isRecorded = true;
    await this.redis.commands.hset(this.keyOf(this.nodeRegistry.id), id, tracked.bytes).catch(() => undefined);
  }

  private async end(id: string, tracked: TrackedMutation): Promise<void> {
    // A mutation that began while Redis was unreachable has no record, and does not stay in memory until Redis is back.
    if (tracked.isRecorded) await this.log.flushed();
    this.current.delete(id);
    if (!tracked.isRecorded) return;
    this.ended.push(id);
    this.flushIn(FLUSH_DELAY_MS);
  }

  private flushIn(ms: number): void {
    this.timer ??= setTimeout(() => void this.flush(), ms).unref();
  }

  // Other nodes take ended the records under the old id, maybe before the mutation has written anything.
  private async recordAgain(): Promise<void> {
    await Promise.all([...this.current].map(([id, tracked]) => this.record(id, tracked)));
  }

  private keyOf(nodeId: string): string {
    return this.redis.key('in-flight', nodeId);
  }
}
