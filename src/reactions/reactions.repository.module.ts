import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { ReactionsRepository } from './reactions.repository';
import { MODELS } from '../database/database.module';
import { reactionSchema } from './reaction.schema';

/** Storage of reactions: the model and its repository. Messages contain the reaction counts, and reacting updates a message, so both features import this module. */
@Module({
  imports: [MongooseModule.forFeature([{ name: MODELS.reaction, schema: reactionSchema }])],
  providers: [ReactionsRepository],
  exports: [ReactionsRepository],
})
export class ReactionsRepositoryModule {}
