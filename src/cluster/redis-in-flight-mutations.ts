import { deserialize, serialize } from 'bson';
import type { EventLog } from '../events/event-log';
import type { RedisConnection } from '../redis/redis-connection';
import type { PendingMutation } from './mutation';
import type { NodeRegistry } from './node-registry';
import { type MutationHandle, InFlightMutations } from './in-flight-mutations';

const FLUSH_DELAY_MS = 100;
const RETRY_MS = 1_000;
// What a node noted that nobody ever took over from; clients start afresh long before.
const KEEP_MS = 86_400_000;

interface TrackedMutation {
  readonly bytes: Buffer;
  /** Whether the others may find it in Redis. */
  isRecorded: boolean;
}

/**
 * What each of several nodes is changing right now, in Redis: one command before a change, and one now and then for all that are over.
 *
 * While Redis is away nothing is noted; the events of that time wait in the node, and whoever lives through it tells that events are lost when the
 * node doesn't.
 */
export class RedisInFlightMutations extends InFlightMutations {
  private readonly current = new Map<string, TrackedMutation>();
  private over: string[] = [];
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

  override begin(change: PendingMutation): MutationHandle {
    const id = String((this.count += 1));
    const begun: TrackedMutation = {
      bytes: Buffer.from(serialize({ ...change, workerId: this.workerId() }, { ignoreUndefined: true })),
      isRecorded: false,
    };
    this.current.set(id, begun);
    return { recorded: this.record(id, begun), end: () => void this.end(id, begun) };
  }

  override async listForNode(nodeId: string): Promise<readonly PendingMutation[]> {
    const notes = await this.redis.commands.hvalsBuffer(this.keyOf(nodeId));
    return notes.map((bytes) => deserialize(bytes, { useBigInt64: true }) as PendingMutation);
  }

  override async clearNode(nodeId: string): Promise<void> {
    await this.redis.commands.del(this.keyOf(nodeId));
  }

  override async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { over } = this;
    this.over = [];
    if (over.length === 0) return;
    const key = this.keyOf(this.nodeRegistry.id);
    try {
      await this.redis.commands.hdel(key, ...over);
      await this.redis.commands.pexpire(key, KEEP_MS);
    } catch {
      this.over.push(...over);
      this.flushIn(RETRY_MS);
    }
  }

  private async record(id: string, begun: TrackedMutation): Promise<void> {
    if (!this.redis.isUp) return;
    begun.isRecorded = true;
    await this.redis.commands.hset(this.keyOf(this.nodeRegistry.id), id, begun.bytes).catch(() => undefined);
  }

  private async end(id: string, begun: TrackedMutation): Promise<void> {
    // However long Redis is away, what was begun meanwhile is not kept until it is back.
    if (begun.isRecorded) await this.log.flushed();
    this.current.delete(id);
    if (!begun.isRecorded) return;
    this.over.push(id);
    this.flushIn(FLUSH_DELAY_MS);
  }

  private flushIn(ms: number): void {
    this.timer ??= setTimeout(() => void this.flush(), ms).unref();
  }

  // Under the old name the others take it over, before it may have been written.
  private async recordAgain(): Promise<void> {
    await Promise.all([...this.current].map(([id, begun]) => this.record(id, begun)));
  }

  private keyOf(nodeId: string): string {
    return this.redis.key('underway', nodeId);
  }
}
