import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { DeletedMessages } from './deleted-messages.service';
import { ReadMarkersService } from './read-markers.service';
import { MODELS } from '../database/database.module';
import { readMarkerSchema } from './read-marker.schema';
import { deletedMessageSchema } from './deleted-message.schema';

/** How far tracks and their readers have come, for every feature that moves one of them. */
@Module({
  imports: [
    MongooseModule.forFeature([
      { name: MODELS.position, schema: readMarkerSchema },
      { name: MODELS.deletedMessage, schema: deletedMessageSchema },
    ]),
  ],
  providers: [ReadMarkersService, DeletedMessages],
  exports: [ReadMarkersService, DeletedMessages],
})
export class ReadMarkersModule {}
