import { eventually } from '../../test/support/eventually';
import { describeWithRedis, TestRedis } from '../../test/support/redis';
import type { NewEvent } from '../events/event-log';
import { RedisEventLog } from '../events/redis-event-log';
import { RedisConnection } from '../redis/redis-connection';
import type { PendingMutation } from './mutation';
import { RedisNodeRegistry } from './redis-node-registry';
import { RedisInFlightMutations } from './redis-in-flight-mutations';

const WORKER_ID = 7;
const TIMES = { everyMs: 40, aliveMs: 10_000 };
const change = (userId: bigint): PendingMutation => ({
  userId,
  atMs: 1,
  targets: ['guild', 'members'],
  ids: { guild_id: [2n], user_id: [3n, 4n] },
  workerId: WORKER_ID,
});
const event: NewEvent = { name: 'HEARTBEAT', audience: { userIds: [] }, data: {} };

describeWithRedis('in-flight mutations', () => {
  let server: TestRedis;
  let redis: RedisConnection;
  let other: RedisConnection;
  let nodes: RedisNodeRegistry;
  let log: RedisEventLog;
  let mutations: RedisInFlightMutations;
  beforeEach(async () => {
    server = await TestRedis.start();
    [redis, other] = await Promise.all([
      RedisConnection.open(server.url, 'derailed:'),
      RedisConnection.open(server.url, 'derailed:'),
    ]);
    nodes = await RedisNodeRegistry.join(redis, () => undefined, TIMES);
    log = await RedisEventLog.open(redis, 60_000, () => undefined);
    mutations = new RedisInFlightMutations(redis, nodes, log, () => WORKER_ID);
  });
  afterEach(async () => {
    await nodes.leave();
    log.close();
    for (const connection of [redis, other]) connection.close();
    await server.stop();
  });
  /** The mutations of a node as another node reads them. */
  const found = (id = nodes.id): Promise<PendingMutation[]> =>
    new RedisInFlightMutations(other, nodes, log, () => undefined)
      .listForNode(id)
      .then((changes) => changes.toSorted((a, b) => Number(a.userId - b.userId)));

  it('are found by other nodes from before the change until it ends', async () => {
    const [first, second] = [mutations.begin(change(1n)), mutations.begin(change(2n))];
    await Promise.all([first.recorded, second.recorded]);
    expect(await found()).toEqual([change(1n), change(2n)]);
    first.end();
    await eventually(async () => (await found()).length === 1);
    expect(await found()).toEqual([change(2n)]);
    await mutations.clearNode(nodes.id);
    expect(await found()).toEqual([]);
  });

  it('are kept while an event of the change is not in the log', async () => {
    const ticket = mutations.begin(change(1n));
    await ticket.recorded;
    await server.stopKeeping();
    await eventually(() => !redis.isUp && !other.isUp);
    await log.append(event);
    // As if this node were killed before it could append it.
    log.close();
    ticket.end();
    await server.start();
    await eventually(() => redis.isUp && other.isUp);
    await mutations.flush();
    // As a marker, a change of another node that ends later, over the same connection, and whose log is open.
    const [markerNodes, markerLog] = await Promise.all([
      RedisNodeRegistry.join(redis, () => undefined, TIMES),
      RedisEventLog.open(redis, 60_000, () => undefined),
    ]);
    const marker = new RedisInFlightMutations(redis, markerNodes, markerLog, () => WORKER_ID);
    const markerTicket = marker.begin(change(9n));
    await markerTicket.recorded;
    markerTicket.end();
    await eventually(async () => expect(await found(markerNodes.id)).toEqual([]));
    await markerNodes.leave();
    markerLog.close();
    expect(await found()).toEqual([change(1n)]);
  });

  it('are found under the new id of a node that Redis has lost', async () => {
    await mutations.begin(change(1n)).recorded;
    const name = nodes.id;
    await other.commands.flushall();
    await eventually(async () => nodes.id !== name && (await found()).length === 1);
    expect([await found(), await found(name)]).toEqual([[change(1n)], []]);
  });

  it('do not delay changes while Redis is down', async () => {
    await server.stopKeeping();
    await eventually(() => !redis.isUp && !other.isUp);
    const ticket = mutations.begin(change(1n));
    await ticket.recorded;
    ticket.end();
    await server.start();
    await eventually(() => redis.isUp && other.isUp);
    await mutations.flush();
    expect(await found()).toEqual([]);
  });
});
