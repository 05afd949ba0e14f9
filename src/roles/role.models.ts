import { MongooseModule } from '@nestjs/mongoose';
import { MODELS } from '../database/database.module';
import { roleSchema } from './role.schema';

/** The model of roles, for the modules whose providers inject it. */
export const RoleModels = MongooseModule.forFeature([{ name: MODELS.role, schema: roleSchema }]);
