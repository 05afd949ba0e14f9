import { randomUUID } from 'node:crypto';
import type { RedisConnection } from '../redis/redis-connection';
import { RedisScript } from '../redis/redis-script';
import { type GoneListener, Nodes } from './nodes';

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
 * KEYS: the living, by when they are taken for gone; the gone, and who takes over from each
 * ARGV: this node, milliseconds that a sign lasts, whether this node is new, whether it takes over
 * @returns whether it is known; the living; those that it takes over from
 */
const LIVE = new RedisScript(`
local time = redis.call('TIME')
local now, lasts, node = time[1] * 1000 + math.floor(time[2] / 1000), tonumber(ARGV[2]), ARGV[1]
if ARGV[3] == '0' and not redis.call('ZSCORE', KEYS[1], node) then return { 0, {}, {} } end

local latest = tonumber(redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')[2])
if latest and now > latest - lasts / 2 then
  for _, other in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do redis.call('ZADD', KEYS[1], now + lasts, other) end
end
redis.call('ZADD', KEYS[1], now + lasts, node)

for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
  redis.call('ZREM', KEYS[1], gone)
  redis.call('HSET', KEYS[2], gone, '')
end
local takenOver = {}
if ARGV[4] == '1' then
  local all = redis.call('HGETALL', KEYS[2])
  for index = 1, #all, 2 do
    local gone, heir = all[index], all[index + 1]
    if heir == node or not redis.call('ZSCORE', KEYS[1], heir) then
      redis.call('HSET', KEYS[2], gone, node)
      table.insert(takenOver, gone)
    end
  end
end
return { 1, redis.call('ZRANGE', KEYS[1], 0, -1), takenOver }
`);

/** What a node leaves behind when it stops is looked at like that of one that crashed; usually there is nothing. */
const LEAVE = new RedisScript(`
if redis.call('ZREM', KEYS[1], ARGV[1]) == 1 then redis.call('HSET', KEYS[2], ARGV[1], '') end
`);

type Answer = readonly [isKnown: number, living: readonly string[], takenOver: readonly string[]];

/** The nodes that share a Redis. */
export class RedisNodes extends Nodes {
  private readonly goneListeners: GoneListener[] = [];
  private readonly renamedListeners: (() => void)[] = [];
  private readonly keys: readonly string[];
  private readonly takingOver = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private current = '';
  private known: readonly string[] = [];
  private takesOver = false;
  private hasLeft = false;
  private signing: Promise<void> | undefined;

  private constructor(
    private readonly redis: RedisConnection,
    private readonly onError: (error: unknown) => void,
    private readonly times: NodeTimes,
  ) {
    super();
    this.keys = [redis.key('nodes'), redis.key('nodes', 'gone')];
  }

  /** Joins the others. */
  static async join(redis: RedisConnection, onError: (error: unknown) => void, times: NodeTimes = TIMES): Promise<RedisNodes> {
    const nodes = new RedisNodes(redis, onError, times);
    await nodes.register();
    const sign = (): void => void nodes.sign();
    nodes.timer = setInterval(sign, times.everyMs).unref();
    redis.onBack(sign);
    return nodes;
  }

  override get id(): string {
    return this.current;
  }

  override get living(): readonly string[] {
    return this.known;
  }

  override onGone(listener: GoneListener): void {
    this.goneListeners.push(listener);
  }

  override onRenamed(listener: () => void): void {
    this.renamedListeners.push(listener);
  }

  override takeOver(): void {
    this.takesOver = true;
    void this.sign();
  }

  override async leave(): Promise<void> {
    clearInterval(this.timer);
    this.hasLeft = true;
    await this.signing;
    await this.redis.run(LEAVE, this.keys, [this.current]).catch(() => undefined);
  }

  // One after the other, and none at all while Redis is away.
  private sign(): Promise<void> {
    if (this.hasLeft) return Promise.resolve();
    return (this.signing ??= this.live()
      .catch(() => undefined)
      .finally(() => (this.signing = undefined)));
  }

  private async live(): Promise<void> {
    const [isKnown, living, takenOver] = await this.ask(this.current, { isNew: false });
    if (isKnown === 0) return this.rename();
    this.known = living;
    for (const nodeId of takenOver) void this.inherit(nodeId);
  }

  private async rename(): Promise<void> {
    await this.register();
    for (const listener of this.renamedListeners) listener();
  }

  private async register(): Promise<void> {
    const id = randomUUID();
    [, this.known] = await this.ask(id, { isNew: true });
    this.current = id;
  }

  private async ask(id: string, { isNew }: { isNew: boolean }): Promise<Answer> {
    const takesOver = this.takesOver && !isNew;
    return (await this.redis.run(LIVE, this.keys, [id, this.times.aliveMs, Number(isNew), Number(takesOver)])) as Answer;
  }

  // What fails is tried again with the next sign of life.
  private async inherit(nodeId: string): Promise<void> {
    if (this.takingOver.has(nodeId)) return;
    this.takingOver.add(nodeId);
    try {
      await Promise.all(this.goneListeners.map((listener) => listener(nodeId)));
      await this.redis.commands.hdel(this.keys[1]!, nodeId);
    } catch (error) {
      if (this.redis.isUp) this.onError(error);
    } finally {
      this.takingOver.delete(nodeId);
    }
  }
}
