import { MongooseModule } from '@nestjs/mongoose';
import { MODELS } from '../database/database.module';
import { memberSchema } from './member.schema';

/** The model of members, for the modules whose providers inject it. */
export const MemberModels = MongooseModule.forFeature([{ name: MODELS.member, schema: memberSchema }]);
