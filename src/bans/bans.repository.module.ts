import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { BansRepository } from './bans.repository';
import { MODELS } from '../database/database.module';
import { banSchema } from './ban.schema';

/** Storage of bans: the model and its repository. Joining a guild checks bans, and banning ends a membership, so both features import this module. */
@Module({
  imports: [MongooseModule.forFeature([{ name: MODELS.ban, schema: banSchema }])],
  providers: [BansRepository],
  exports: [BansRepository],
})
export class BansRepositoryModule {}
