import { MongooseModule } from '@nestjs/mongoose';
import { MODELS } from '../database/database.module';
import { trackSchema } from './track.schema';

/** The model of tracks, for the modules whose providers inject it. */
export const TrackModels = MongooseModule.forFeature([{ name: MODELS.track, schema: trackSchema }]);
