import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { groupBy } from '../common/group-by';
import type { Snowflake } from '../common/snowflake';
import { type CleanupStage, OnGuildDelete } from './on-guild-delete.decorator';

/** A method of a provider that deletes what a feature stores of a guild. */
interface Cleanup {
  readonly stage: CleanupStage;
  readonly run: (guildId: Snowflake) => Promise<void>;
}

type CleanupMethod = (guildId: Snowflake) => Promise<void>;

/** Deletes what features store of a deleted guild, with the methods that they register with `@OnGuildDelete`. */
@Injectable()
export class GuildCleanup implements OnModuleInit {
  private cleanups: ReadonlyMap<CleanupStage, readonly Cleanup[]> = new Map();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  onModuleInit(): void {
    const instances = new Set(this.discovery.getProviders().map(({ instance }) => instance as unknown));
    this.cleanups = groupBy(
      [...instances].flatMap((instance) => this.cleanupsOf(instance)),
      ({ stage }) => stage,
    );
  }

  /** Runs the cleanups of members, then all others in parallel. Can be repeated. */
  async run(guildId: Snowflake): Promise<void> {
    for (const stage of ['members', 'content'] as const)
      await Promise.all((this.cleanups.get(stage) ?? []).map((cleanup) => cleanup.run(guildId)));
  }

  private cleanupsOf(instance: unknown): Cleanup[] {
    if (typeof instance !== 'object' || instance === null) return [];
    const prototype = Object.getPrototypeOf(instance) as Record<string, unknown> | null;
    if (prototype === null) return [];
    return this.scanner.getAllMethodNames(prototype).flatMap((name) => {
      const method = prototype[name];
      if (typeof method !== 'function') return [];
      const stage = this.reflector.get(OnGuildDelete, method) as CleanupStage | undefined;
      return stage ? [{ stage, run: (guildId) => (method as CleanupMethod).call(instance, guildId) }] : [];
    });
  }
}
