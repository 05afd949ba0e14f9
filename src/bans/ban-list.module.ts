import { Module } from '@nestjs/common';
import { BanList } from './ban-list';

/** The list of bans alone: memberships ask it, and bans end memberships. */
@Module({ providers: [BanList], exports: [BanList] })
export class BanListModule {}
