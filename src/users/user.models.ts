import { MongooseModule } from '@nestjs/mongoose';
import { MODELS } from '../database/database.module';
import { userSchema } from './user.schema';

/** The model of users, for the modules whose providers inject it. */
export const UserModels = MongooseModule.forFeature([{ name: MODELS.user, schema: userSchema }]);
