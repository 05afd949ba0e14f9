import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { PinsRepository } from './pins.repository';
import { MODELS } from '../database/database.module';
import { pinListSchema } from './pin-list.schema';

/** Storage of pins: the model and its repository. Deleting a message removes its pin, and pinning reads a message, so both features import this module. */
@Module({
  imports: [MongooseModule.forFeature([{ name: MODELS.pinList, schema: pinListSchema }])],
  providers: [PinsRepository],
  exports: [PinsRepository],
})
export class PinsRepositoryModule {}
