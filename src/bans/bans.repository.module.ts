import { Module } from '@nestjs/common';
import { BansRepository } from './bans.repository';

/** The list of bans alone: memberships ask it, and bans end memberships. */
@Module({ providers: [BansRepository], exports: [BansRepository] })
export class BansRepositoryModule {}
