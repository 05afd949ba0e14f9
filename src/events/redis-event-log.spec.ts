import '../event-catalog';
import { LossyProxy } from '../../test/support/lossy-proxy';
import { eventually } from '../../test/support/eventually';
import { describeWithRedis, TestRedis } from '../../test/support/redis';
import { permissionSet } from '../permissions/compute-permissions';
import { RedisConnection } from '../redis/redis-connection';
import { guildVersionKey, memberVersionKey, MAX_CACHE_AGE_MS } from '../cache/cache-versions';
import type { DomainEvent, NewEvent } from './event-log';
import { RedisCacheVersions } from '../cache/redis-cache-versions';
import { RedisEventLog } from './redis-event-log';

const KEEP_MS = 60_000;

const said = (n: number): NewEvent => ({
  name: 'MESSAGE_DELETE',
  audience: { guildId: 1n, trackId: 2n },
  data: { guild_id: 1n, track_id: 2n, message_id: BigInt(n) },
});
const numbers = (events: readonly DomainEvent[]): number[] =>
  events
    .filter(({ name }) => name === 'MESSAGE_DELETE')
    .map(({ data }) => Number((data as { message_id: bigint }).message_id));
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

interface Node {
  readonly redis: RedisConnection;
  readonly log: RedisEventLog;
  readonly heard: DomainEvent[];
}

describeWithRedis('the event log in Redis', () => {
  let server: TestRedis;
  let nodes: Node[];
  beforeEach(async () => {
    server = await TestRedis.start();
    nodes = [];
    errors = [];
  });
  afterEach(async () => {
    for (const { log, redis } of nodes) {
      log.close();
      redis.close();
    }
    await server.stop();
  });

  let errors: unknown[];
  const node = async (mostWaiting?: number, url = server.url): Promise<Node> => {
    const redis = await RedisConnection.open(url, 'derailed:');
    const log = await RedisEventLog.open(redis, KEEP_MS, (error) => errors.push(error), mostWaiting);
    const heard: DomainEvent[] = [];
    log.subscribe((event) => void heard.push(event));
    nodes.push({ redis, log, heard });
    return nodes.at(-1)!;
  };
  const restart = async (): Promise<void> => {
    await server.stop();
    await eventually(() => nodes.every(({ redis }) => !redis.isUp));
    await server.start();
    await eventually(() => nodes.every(({ redis }) => redis.isUp));
  };

  it('delivers every event to every node, each once and in the same order', async () => {
    const [one, other] = [await node(), await node()];
    await Promise.all(range(0, 1_000).map((n) => (n % 2 ? one : other).log.append(said(n))));
    await Promise.all([one.log.drain(), other.log.drain()]);
    expect(numbers(one.heard).toSorted((a, b) => a - b)).toEqual(range(0, 1_000));
    expect(one.heard).toEqual(other.heard);
    expect(numbers(one.heard).filter((n) => n % 2)).toEqual(range(0, 500).map((n) => 2 * n + 1));
    const seqs = one.heard.map(({ seq }) => BigInt(seq));
    expect(seqs).toEqual(seqs.toSorted((a, b) => (a < b ? -1 : 1)));
    expect(new Set(seqs).size).toBe(1_000);
    expect(one.log.lastSeq).toBe(one.heard.at(-1)!.seq);
  });

  it('keeps the types of payload fields', async () => {
    const { log, heard } = await node();
    const at = new Date();
    const data = {
      id: 2n ** 62n,
      guild_id: 1n,
      track_id: 2n,
      author_id: 3n,
      content: 'ü',
      reply_to_id: null,
      nonce: null,
      edited_at: null,
      created_at: at,
    };
    await log.append({
      name: 'MESSAGE_CREATE',
      audience: { guildId: 1n, permission: permissionSet(4n) },
      data,
    });
    await log.drain();
    expect(heard).toEqual([
      { name: 'MESSAGE_CREATE', audience: { guildId: 1n, permission: 4n }, data, seq: heard[0]!.seq },
    ]);
  });

  it('bumps the cache versions of an event before any node receives it', async () => {
    const { log, redis } = await node();
    const cacheVersions = new RedisCacheVersions(redis);
    const keys = [guildVersionKey(1n), memberVersionKey(1n, 2n)];
    let seen: readonly number[] | undefined;
    log.subscribe(async () => void (seen = await cacheVersions.read(keys)));
    await log.append({ name: 'MEMBER_LEAVE', audience: { guildId: 1n }, data: { guild_id: 1n, user_id: 2n } });
    await log.drain();
    expect(seen).toEqual([0, 1]);
    await log.append({ name: 'MEMBER_LEAVE', audience: { guildId: 1n }, data: { guild_id: 1n, user_id: 2n } });
    expect(await cacheVersions.read(keys)).toEqual([0, 2]);
  });

  it('contains the events from before the start of a node, within the resume window', async () => {
    const { log, heard } = await node();
    await Promise.all(range(0, 1_200).map((n) => log.append(said(n))));
    await log.drain();
    const late = await node();
    await log.append(said(1_200));
    await Promise.all([log.drain(), late.log.drain()]);
    expect(numbers(late.log.since(heard[99]!.seq)!)).toEqual(range(100, 1_201));
    expect(numbers(late.heard)).toEqual([1_200]);
  });

  it('drops events that are older than the resume window', async () => {
    const { log, redis } = await node();
    const old = Date.now() - 2 * KEEP_MS;
    for (let n = 0; n < 300; n += 1) await redis.commands.xadd(redis.key('log'), `${old}-${n}`, 'e', 'x');
    await log.append(said(1));
    expect(await redis.commands.xlen(redis.key('log'))).toBeLessThan(200);
  });

  it('keeps events while Redis is down without delaying the publisher, and appends them in order when Redis is back', async () => {
    const [one, other] = [await node(), await node()];
    await one.log.append(said(0));
    await server.stopKeeping();
    await eventually(() => !one.redis.isUp && !other.redis.isUp);
    const startedAt = performance.now();
    for (let n = 1; n < 1_000; n += 1) await one.log.append(said(n));
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    expect(one.log.pendingCount).toBe(999);
    await server.start();
    await eventually(() => one.log.pendingCount === 0 && numbers(other.heard).length === 1_000);
    await one.log.drain();
    expect(numbers(one.heard)).toEqual(range(0, 1_000));
    expect(numbers(other.heard)).toEqual(range(0, 1_000));
  });

  describe('that a single node cannot reach', () => {
    const left = (userId: bigint): NewEvent => ({
      name: 'MEMBER_LEAVE',
      audience: { guildId: 1n },
      data: { guild_id: 1n, user_id: userId },
    });
    let wire: LossyProxy;
    beforeEach(async () => (wire = await LossyProxy.to(server.url)));
    afterEach(() => wire.close());

    it('delays changes of cached data until the other nodes are informed, and no other changes', async () => {
      const [alone, other] = [await node(undefined, wire.url), await node()];
      wire.cut();
      await eventually(() => !alone.redis.isUp);
      let isAnswered = false;
      const answered = alone.log.append(left(2n)).then(() => (isAnswered = true));
      await alone.log.append(said(1));
      await eventually(() => wire.rejected >= 3);
      expect([isAnswered, other.heard]).toEqual([false, []]);
      wire.mend();
      await answered;
      await eventually(() => other.heard.length === 2);
      expect(await new RedisCacheVersions(other.redis).read([memberVersionKey(1n, 2n)])).toEqual([1]);
    });

    it('delays a change no longer than the other nodes cache data, even when its buffer is full', async () => {
      const alone = await node(3, wire.url);
      wire.cut();
      await eventually(() => !alone.redis.isUp);
      const changedAt = performance.now();
      await Promise.all(range(0, 10).map((n) => alone.log.append(left(BigInt(n)))));
      expect(performance.now() - changedAt).toBeGreaterThanOrEqual(MAX_CACHE_AGE_MS);
      expect(alone.log.pendingCount).toBeLessThanOrEqual(4);
    });
  });

  it('appends no event twice, although the reply was lost', async () => {
    const { log, heard, redis } = await node();
    await log.append(said(0));
    server.freeze();
    const appended = Promise.all(range(1, 50).map((n) => log.append(said(n))));
    // What was sent stands in the frozen server's socket, and is carried out when it thaws: after this node has hung up.
    await eventually(() => !redis.isUp);
    await appended;
    server.thaw();
    await eventually(() => log.pendingCount === 0);
    await log.drain();
    expect(numbers(heard)).toEqual(range(0, 50));
  });

  it('publishes EVENTS_LOST to every node when Redis comes back empty', async () => {
    const [one, other] = [await node(), await node()];
    await one.log.append(said(0));
    await Promise.all([one.log.drain(), other.log.drain()]);
    const place = one.log.lastSeq;
    await restart();
    await eventually(() => [one, other].every(({ heard }) => heard.some(({ name }) => name === 'EVENTS_LOST')));
    await one.log.append(said(1));
    await Promise.all([one.log.drain(), other.log.drain()]);
    for (const { log, heard } of [one, other]) {
      expect(heard.map(({ name }) => name)).toEqual(['MESSAGE_DELETE', 'EVENTS_LOST', 'MESSAGE_DELETE']);
      expect(log.since(place)).toBeUndefined();
      expect(log.since(log.lastSeq)).toEqual([]);
    }
  });

  it('rejects a resume from before a loss when Redis comes back without the latest events', async () => {
    const [one, other] = [await node(), await node()];
    for (const n of [0, 1]) await one.log.append(said(n));
    await Promise.all([one.log.drain(), other.log.drain()]);
    await one.redis.commands.save();
    const survived = one.log.lastSeq;
    await one.log.append(said(2));
    await Promise.all([one.log.drain(), other.log.drain()]);
    const lost = one.log.lastSeq;
    await server.crash();
    await eventually(() => nodes.every(({ redis }) => !redis.isUp));
    await server.start();
    await eventually(() => [one, other].every(({ heard }) => heard.some(({ name }) => name === 'EVENTS_LOST')));
    const late = await node();
    const young = late.log.lastSeq;
    await one.log.append(said(3));
    await Promise.all(nodes.map(({ log }) => log.drain()));
    expect(BigInt(young)).toBeGreaterThan(BigInt(lost));
    for (const { log } of nodes) {
      expect(log.since(survived)?.map(({ name }) => name)).toEqual(['EVENTS_LOST', 'MESSAGE_DELETE']);
      expect(log.since(lost)).toBeUndefined();
      expect(numbers(log.since(young)!)).toEqual([3]);
    }
    expect(one.heard.map(({ name }) => name)).toEqual([
      'MESSAGE_DELETE',
      'MESSAGE_DELETE',
      'MESSAGE_DELETE',
      'EVENTS_LOST',
      'MESSAGE_DELETE',
    ]);
    expect(other.heard).toEqual(one.heard);
  });

  it('publishes EVENTS_LOST to every node when more events wait than the buffer can hold', async () => {
    const [one, other] = [await node(10), await node()];
    await one.log.append(said(0));
    server.freeze();
    await eventually(() => {
      void one.log.append(said(1));
      return !one.redis.isUp;
    });
    for (let n = 2; n < 40; n += 1) await one.log.append(said(n));
    expect(one.log.pendingCount).toBeLessThanOrEqual(11 + 200);
    server.thaw();
    await eventually(() => one.log.pendingCount === 0 && one.redis.isUp && other.redis.isUp);
    await Promise.all([one.log.drain(), other.log.drain()]);
    expect(other.heard.filter(({ name }) => name === 'EVENTS_LOST').length).toBeGreaterThan(0);
    expect(numbers(other.heard).at(-1)).toBe(39);
    expect(other.heard).toEqual(one.heard);
  });

  it('continues after an entry that it cannot read', async () => {
    const { log, heard, redis } = await node();
    await redis.commands.xadd(redis.key('log'), '*', 'e', 'nonsense');
    await log.append(said(1));
    await log.drain();
    expect(numbers(heard)).toEqual([1]);
    expect(errors).toHaveLength(1);
  });
});
