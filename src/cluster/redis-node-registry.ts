import { randomUUID } from 'node:crypto';
import type { RedisConnection } from '../redis/redis-connection';
import { RedisScript } from '../redis/redis-script';
import { type NodeDownListener, type DeadNode, NodeRegistry } from './node-registry';

/** Intervals of the node registry, in milliseconds. */
export interface NodeTimes {
  /** Interval between heartbeats. */
  readonly everyMs: number;
  /** Time after the last heartbeat after which a node counts as dead. */
  readonly aliveMs: number;
}

const TIMES: NodeTimes = { everyMs: 2_000, aliveMs: 10_000 };

/**
 * Stores a heartbeat of this node and detects dead nodes, by the clock of Redis.
 *
 * If no node has sent a heartbeat for half of the time that a heartbeat is valid, Redis was unreachable: all heartbeats
 * are extended. A node that takes over from a dead node has to stay alive; otherwise the next node takes over.
 *
 * A node that has not sent a heartbeat since some node reported that Redis was unreachable counts as "unheard": it may
 * have died with unpublished events.
 *
 * KEYS: alive nodes by expiry time; dead nodes and the node that takes over from each; unheard nodes
 * ARGV: this node, milliseconds that a heartbeat is valid, whether this node is new, whether this node takes over from
 * others, whether Redis was unreachable for this node
 * @returns whether this node was registered; the alive nodes; the nodes that this node takes over from; those of them
 * that are unheard
 */
const HEARTBEAT = new RedisScript(`
local time = redis.call('TIME')
local now, ttl, node = time[1] * 1000 + math.floor(time[2] / 1000), tonumber(ARGV[2]), ARGV[1]
if ARGV[3] == '0' and not redis.call('ZSCORE', KEYS[1], node) then return { 0, {}, {}, {} } end

local latest = tonumber(redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2])
if latest and now > latest - ttl / 2 then
  for _, other in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do redis.call('ZADD', KEYS[1], now + ttl, other) end
end
redis.call('ZADD', KEYS[1], now + ttl, node)
if ARGV[5] == '1' then redis.call('SADD', KEYS[3], unpack(redis.call('ZRANGE', KEYS[1], 0, -1))) end
redis.call('SREM', KEYS[3], node)

for _, dead in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
  redis.call('ZREM', KEYS[1], dead)
  redis.call('HSET', KEYS[2], dead, '')
end
local takenOver, unheard = {}, {}
if ARGV[4] == '1' then
  local all = redis.call('HGETALL', KEYS[2])
  for index = 1, #all, 2 do
    local dead, successor = all[index], all[index + 1]
    if successor == node or not redis.call('ZSCORE', KEYS[1], successor) then
      redis.call('HSET', KEYS[2], dead, node)
      table.insert(takenOver, dead)
      if redis.call('SISMEMBER', KEYS[3], dead) == 1 then table.insert(unheard, dead) end
    end
  end
end
return { 1, redis.call('ZRANGE', KEYS[1], 0, -1), takenOver, unheard }
`);

/** A node that stops is handled like a node that crashed, but usually leaves nothing to take over. */
const LEAVE = new RedisScript(`
if redis.call('ZREM', KEYS[1], ARGV[1]) == 1 then redis.call('HSET', KEYS[2], ARGV[1], '') end
`);

/** Deletes a node after everything that it left was taken over. */
const DELETE_NODE = new RedisScript(`
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('SREM', KEYS[3], ARGV[1])
`);

type Answer = readonly [
  isRegistered: number,
  alive: readonly string[],
  takenOver: readonly string[],
  unheard: readonly string[],
];

/** The nodes that share a Redis. */
export class RedisNodeRegistry extends NodeRegistry {
  private readonly nodeDownListeners: NodeDownListener[] = [];
  private readonly reidentifiedListeners: (() => void)[] = [];
  private readonly keys: readonly string[];
  private readonly takingOver = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private current = '';
  private alive: readonly string[] = [];
  private isFailoverStarted = false;
  private wasDisconnected = false;
  private hasLeft = false;
  private currentHeartbeat: Promise<void> | undefined;

  private constructor(
    private readonly redis: RedisConnection,
    private readonly onError: (error: unknown) => void,
    private readonly times: NodeTimes,
  ) {
    super();
    this.keys = [redis.key('nodes'), redis.key('nodes', 'dead'), redis.key('nodes', 'unheard')];
  }

  /** Registers this node in the cluster. */
  static async join(
    redis: RedisConnection,
    onError: (error: unknown) => void,
    times: NodeTimes = TIMES,
  ): Promise<RedisNodeRegistry> {
    const nodes = new RedisNodeRegistry(redis, onError, times);
    await nodes.register();
    const heartbeat = (): void => void nodes.heartbeat();
    nodes.timer = setInterval(heartbeat, times.everyMs).unref();
    redis.onDisconnect(() => (nodes.wasDisconnected = true));
    redis.onReconnect(heartbeat);
    return nodes;
  }

  override get id(): string {
    return this.current;
  }

  override get aliveIds(): readonly string[] {
    return this.alive;
  }

  override onNodeDown(listener: NodeDownListener): void {
    this.nodeDownListeners.push(listener);
  }

  override onReidentified(listener: () => void): void {
    this.reidentifiedListeners.push(listener);
  }

  override startFailover(): void {
    this.isFailoverStarted = true;
    void this.heartbeat();
  }

  override async leave(): Promise<void> {
    clearInterval(this.timer);
    this.hasLeft = true;
    await this.currentHeartbeat;
    await this.redis.run(LEAVE, this.keys, [this.current]).catch(() => undefined);
  }

  // Sends heartbeats one after another, and none while Redis is unreachable.
  private heartbeat(): Promise<void> {
    if (this.hasLeft) return Promise.resolve();
    return (this.currentHeartbeat ??= this.startHeartbeat()
      .catch(() => undefined)
      .finally(() => (this.currentHeartbeat = undefined)));
  }

  private async startHeartbeat(): Promise<void> {
    const [isRegistered, alive, takenOver, unheard] = await this.runHeartbeatScript(this.current, { isNew: false });
    if (isRegistered === 0) return this.reregister();
    this.alive = alive;
    for (const id of takenOver) void this.handOver({ id, mayHaveUnpublishedEvents: unheard.includes(id) });
  }

  private async reregister(): Promise<void> {
    await this.register();
    for (const listener of this.reidentifiedListeners) listener();
  }

  private async register(): Promise<void> {
    const id = randomUUID();
    [, this.alive] = await this.runHeartbeatScript(id, { isNew: true });
    this.current = id;
  }

  private async runHeartbeatScript(id: string, { isNew }: { isNew: boolean }): Promise<Answer> {
    const { isFailoverStarted, wasDisconnected } = this;
    this.wasDisconnected = false;
    try {
      return (await this.redis.run(HEARTBEAT, this.keys, [
        id,
        this.times.aliveMs,
        ...[isNew, isFailoverStarted && !isNew, wasDisconnected].map(Number),
      ])) as Answer;
    } catch (error) {
      this.wasDisconnected = true;
      throw error;
    }
  }

  // A takeover that fails is retried with the next heartbeat.
  private async handOver(dead: DeadNode): Promise<void> {
    if (this.takingOver.has(dead.id)) return;
    this.takingOver.add(dead.id);
    try {
      await Promise.all(this.nodeDownListeners.map((listener) => listener(dead)));
      await this.redis.run(DELETE_NODE, this.keys, [dead.id]);
    } catch (error) {
      if (this.redis.isUp) this.onError(error);
    } finally {
      this.takingOver.delete(dead.id);
    }
  }
}
