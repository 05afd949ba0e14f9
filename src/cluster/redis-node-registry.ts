import { randomUUID } from 'node:crypto';
import type { RedisConnection } from '../redis/redis-connection';
import { RedisScript } from '../redis/redis-script';
import { type NodeDownListener, type DeadNode, NodeRegistry } from './node-registry';

/** What of time matters among nodes, in milliseconds. */
export interface NodeTimes {
  /** How often a node gives a sign of life. */
  readonly everyMs: number;
  /** How long after its last one it is taken for gone. */
  readonly aliveMs: number;
}

const TIMES: NodeTimes = { everyMs: 2_000, aliveMs: 10_000 };

/**
 * A sign of life, and what follows from those of the others, on Redis' own clock.
 *
 * When nobody has given any for half the time that one lasts, it was Redis that was away: then all get the time to give one. Whoever takes over
 * from a node that is gone has to stay alive, else the next one does.
 *
 * Those who have given no sign since somebody told that Redis was away are unheard: they may be gone, with what they could not tell meanwhile.
 *
 * KEYS: the living, by when they are taken for gone; the gone, and who takes over from each; the unheard
 * ARGV: this node, milliseconds that a sign lasts, whether this node is new, whether it takes over, whether Redis was away from it
 * @returns whether it is known; the living; those that it takes over from; those of them who went unheard
 */
const LIVE = new RedisScript(`
local time = redis.call('TIME')
local now, lasts, node = time[1] * 1000 + math.floor(time[2] / 1000), tonumber(ARGV[2]), ARGV[1]
if ARGV[3] == '0' and not redis.call('ZSCORE', KEYS[1], node) then return { 0, {}, {}, {} } end

local latest = tonumber(redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2])
if latest and now > latest - lasts / 2 then
  for _, other in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do redis.call('ZADD', KEYS[1], now + lasts, other) end
end
redis.call('ZADD', KEYS[1], now + lasts, node)
if ARGV[5] == '1' then redis.call('SADD', KEYS[3], unpack(redis.call('ZRANGE', KEYS[1], 0, -1))) end
redis.call('SREM', KEYS[3], node)

for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
  redis.call('ZREM', KEYS[1], gone)
  redis.call('HSET', KEYS[2], gone, '')
end
local takenOver, unheard = {}, {}
if ARGV[4] == '1' then
  local all = redis.call('HGETALL', KEYS[2])
  for index = 1, #all, 2 do
    local gone, heir = all[index], all[index + 1]
    if heir == node or not redis.call('ZSCORE', KEYS[1], heir) then
      redis.call('HSET', KEYS[2], gone, node)
      table.insert(takenOver, gone)
      if redis.call('SISMEMBER', KEYS[3], gone) == 1 then table.insert(unheard, gone) end
    end
  end
end
return { 1, redis.call('ZRANGE', KEYS[1], 0, -1), takenOver, unheard }
`);

/** What a node leaves behind when it stops is looked at like that of one that crashed; usually there is nothing. */
const LEAVE = new RedisScript(`
if redis.call('ZREM', KEYS[1], ARGV[1]) == 1 then redis.call('HSET', KEYS[2], ARGV[1], '') end
`);

/** All that a node left behind is taken over. */
const FORGET = new RedisScript(`
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('SREM', KEYS[3], ARGV[1])
`);

type Answer = readonly [
  isKnown: number,
  living: readonly string[],
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
  private known: readonly string[] = [];
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
    this.keys = [redis.key('nodes'), redis.key('nodes', 'gone'), redis.key('nodes', 'unheard')];
  }

  /** Joins the others. */
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
    return this.known;
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

  // One after the other, and none at all while Redis is away.
  private heartbeat(): Promise<void> {
    if (this.hasLeft) return Promise.resolve();
    return (this.currentHeartbeat ??= this.startHeartbeat()
      .catch(() => undefined)
      .finally(() => (this.currentHeartbeat = undefined)));
  }

  private async startHeartbeat(): Promise<void> {
    const [isKnown, living, takenOver, unheard] = await this.runLiveScript(this.current, { isNew: false });
    if (isKnown === 0) return this.rename();
    this.known = living;
    for (const id of takenOver) void this.handOver({ id, mayHaveUnpublishedEvents: unheard.includes(id) });
  }

  private async rename(): Promise<void> {
    await this.register();
    for (const listener of this.reidentifiedListeners) listener();
  }

  private async register(): Promise<void> {
    const id = randomUUID();
    [, this.known] = await this.runLiveScript(id, { isNew: true });
    this.current = id;
  }

  private async runLiveScript(id: string, { isNew }: { isNew: boolean }): Promise<Answer> {
    const { isFailoverStarted, wasDisconnected } = this;
    this.wasDisconnected = false;
    try {
      return (await this.redis.run(LIVE, this.keys, [
        id,
        this.times.aliveMs,
        ...[isNew, isFailoverStarted && !isNew, wasDisconnected].map(Number),
      ])) as Answer;
    } catch (error) {
      this.wasDisconnected = true;
      throw error;
    }
  }

  // What fails is tried again with the next sign of life.
  private async handOver(gone: DeadNode): Promise<void> {
    if (this.takingOver.has(gone.id)) return;
    this.takingOver.add(gone.id);
    try {
      await Promise.all(this.nodeDownListeners.map((listener) => listener(gone)));
      await this.redis.run(FORGET, this.keys, [gone.id]);
    } catch (error) {
      if (this.redis.isUp) this.onError(error);
    } finally {
      this.takingOver.delete(gone.id);
    }
  }
}
