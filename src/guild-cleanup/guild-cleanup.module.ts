import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { GuildCleanup } from './guild-cleanup.service';

/** Deletion of what all features store of a guild. */
@Module({ imports: [DiscoveryModule], providers: [GuildCleanup], exports: [GuildCleanup] })
export class GuildCleanupModule {}
