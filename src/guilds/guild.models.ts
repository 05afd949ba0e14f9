import { MongooseModule } from '@nestjs/mongoose';
import { MODELS } from '../database/database.module';
import { guildSchema } from './guild.schema';

/** The model of guilds, for the modules whose providers inject it. */
export const GuildModels = MongooseModule.forFeature([{ name: MODELS.guild, schema: guildSchema }]);
