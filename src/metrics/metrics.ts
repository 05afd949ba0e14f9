import { Inject, Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { EventLog } from '../events/event-log';
import { NodeRegistry } from '../cluster/node-registry';
import { RedisConnection } from '../redis/redis-connection';
import { type Command, CommandCounter, isWrite } from '../database/command-counter';

/** Metrics of this node. @see https://prometheus.io/docs/practices/naming/ */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  readonly requests = new Histogram({
    name: 'derailed_http_request_duration_seconds',
    help: 'How long requests took, by route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers: [this.registry],
  });

  readonly sockets = new Gauge({ name: 'derailed_gateway_sockets', help: 'Open sockets.', registers: [this.registry] });

  readonly closings = new Counter({
    name: 'derailed_gateway_closings_total',
    help: 'Connections that the server ended, by code.',
    labelNames: ['code'],
    registers: [this.registry],
  });

  private readonly commands = new Counter({
    name: 'derailed_database_commands_total',
    help: 'Commands sent to the database.',
    labelNames: ['kind', 'collection'],
    registers: [this.registry],
  });

  constructor(
    counter: CommandCounter,
    events: EventLog,
    nodeRegistry: NodeRegistry,
    @Inject(RedisConnection) redis: RedisConnection | undefined,
  ) {
    collectDefaultMetrics({ register: this.registry });
    counter.listen((command: Command) =>
      this.commands.inc({ kind: isWrite(command) ? 'write' : 'read', collection: command.collection }),
    );
    this.observe('derailed_events_waiting', 'Events that are not in the log yet.', () => events.pendingCount);
    this.observe(
      'derailed_nodes_living',
      'Nodes that are alive, this one among them, as far as it knows.',
      () => nodeRegistry.aliveIds.length,
    );
    if (!redis) return;
    this.observe(
      'derailed_redis_up',
      'Whether the Redis that nodes share can be asked: 1, or 0 while it is away.',
      () => Number(redis.isUp),
    );
    this.observe('derailed_redis_away_seconds', 'For how long Redis has been away; 0 while it is not.', () =>
      redis.downSince ? (Date.now() - redis.downSince.getTime()) / 1_000 : 0,
    );
  }

  private observe(name: string, help: string, value: () => number): void {
    const gauge: Gauge = new Gauge({ name, help, registers: [this.registry], collect: (): void => gauge.set(value()) });
  }
}
